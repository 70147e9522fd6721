//! Pages read as an XML reader reads them, and texts that would break out of a page if they were let.

use std::collections::BTreeSet;

use proptest::prelude::*;
use quick_xml::{Reader, events::Event};

/// What an XML reader makes of the page: every text in it, and every id and reference.
#[derive(Default)]
pub(crate) struct Read {
    pub(crate) texts: Vec<String>,
    pub(crate) ids: Vec<String>,
    pub(crate) references: BTreeSet<String>,
    pub(crate) tags: BTreeSet<String>,
}

/// Reads a page as XML.
pub(crate) fn read(page: &str) -> Read {
    let mut reader = Reader::from_str(page);
    reader.config_mut().check_end_names = true;
    let mut seen = Read::default();
    let mut open: Vec<String> = vec![];
    let mut text = String::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) => {
                seen.texts.push(std::mem::take(&mut text));
                open.push(String::from_utf8(tag.name().as_ref().to_vec()).unwrap());
                attributes(&mut seen, &tag);
            }
            Event::Empty(tag) => attributes(&mut seen, &tag),
            Event::End(tag) => {
                seen.texts.push(std::mem::take(&mut text));
                assert_eq!(open.pop().unwrap().as_bytes(), tag.name().as_ref());
            }
            Event::Text(part) => text += &part.decode().unwrap(),
            Event::GeneralRef(name) => match name.resolve_char_ref().unwrap() {
                Some(c) => text.push(c),
                None => text += quick_xml::escape::resolve_predefined_entity(&name.decode().unwrap()).unwrap(),
            },
            Event::Eof => break,
            Event::DocType(_) => {}
            other => panic!("not expected in the page: {other:?}"),
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
    seen
}

fn attributes(seen: &mut Read, tag: &quick_xml::events::BytesStart<'_>) {
    seen.tags.insert(String::from_utf8(tag.name().as_ref().to_vec()).unwrap());
    for attribute in tag.attributes() {
        let attribute = attribute.unwrap();
        let value = String::from_utf8(attribute.value.to_vec()).unwrap();
        match attribute.key.as_ref() {
            b"id" => seen.ids.push(value),
            b"href" => {
                seen.references.insert(value.strip_prefix('#').expect("a link within the page").to_owned());
            }
            b"aria-labelledby" => seen.references.extend(value.split(' ').map(str::to_owned)),
            name => assert!(!name.starts_with(b"on") && name != b"src" && name != b"style", "{value}"),
        }
    }
}

/// Texts that would break out of text, attribute, element or style if they were let.
pub(crate) fn hostile() -> impl Strategy<Value = String> {
    let trap = prop_oneof![
        Just("<script>alert(1)</script>"),
        Just("\"><img src=x onerror=alert(1)>"),
        Just("' onload='x"),
        Just("]]>"),
        Just("&lt;&amp;"),
        Just("</title></svg></style>"),
        Just("{{ 7*7 }}{$n}"),
        Just("<!--"),
    ];
    (trap, "[ -~ぁ-ん一-龠]{0,12}").prop_map(|(trap, text)| format!("{text}{trap}{text}"))
}
