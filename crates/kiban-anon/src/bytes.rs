//! Parts of a byte string, each after its length: what the ledger and the marks are written with.

pub(crate) fn put(bytes: &mut Vec<u8>, part: &[u8]) {
    bytes.extend((part.len() as u32).to_le_bytes());
    bytes.extend(part);
}

pub(crate) fn put_words(bytes: &mut Vec<u8>, words: &[u64]) {
    bytes.extend((words.len() as u32).to_le_bytes());
    words.iter().for_each(|word| bytes.extend(word.to_le_bytes()));
}

pub(crate) fn take_u32(bytes: &mut &[u8]) -> Option<u32> {
    let (number, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(u32::from_le_bytes(*number))
}

pub(crate) fn take<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = take_u32(bytes)? as usize;
    let (part, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(part)
}

pub(crate) fn take_text(bytes: &mut &[u8]) -> Option<String> {
    String::from_utf8(take(bytes)?.to_vec()).ok()
}

pub(crate) fn take_words(bytes: &mut &[u8]) -> Option<Vec<u64>> {
    let length = take_u32(bytes)? as usize;
    let (words, rest) = bytes.split_at_checked(length.checked_mul(8)?)?;
    *bytes = rest;
    Some(words.as_chunks().0.iter().map(|word| u64::from_le_bytes(*word)).collect())
}
