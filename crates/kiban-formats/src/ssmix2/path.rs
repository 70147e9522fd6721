//! What the path of a standard-storage file says.
//!
//! `<root>/<ID[0..3]>/<ID[3..6]>/<患者ID>/<診療日>/<データ種別>/<患者ID>_<診療日>_<データ種別>_<特定キー>_<発生日時>_<科>_<条件フラグ>`

use crate::format::FileName;

/// 条件フラグ: what the storage says of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flag {
    /// `1`: stands.
    Current,
    /// `0`: deleted.
    Deleted,
    /// `2`: superseded by a newer file.
    Superseded,
}

/// The parts of a storage path that identify a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StoragePath<'a> {
    /// The patient id in the file's name.
    pub(super) patient: &'a str,
    /// The patient id of the folder, where the file lies in a storage tree.
    pub(super) folder: Option<&'a str>,
    /// 診療日, `YYYYMMDD` or `-`.
    pub(super) date: &'a str,
    /// データ種別, such as `OMP-01`.
    pub(super) kind: &'a str,
    /// 特定キー, the order number.
    pub(super) key: &'a str,
    /// 発生日時, 17 digits.
    pub(super) happened: &'a str,
    /// 診療科, or `-`.
    pub(super) department: &'a str,
    /// 条件フラグ.
    pub(super) flag: Flag,
}

impl<'a> StoragePath<'a> {
    /// Reads a path; `None` where the name is not one of a storage.
    pub(super) fn of(name: FileName<'a>) -> Option<Self> {
        let mut parts = name.leaf().rsplitn(7, '_');
        let flag = match parts.next()? {
            "1" => Flag::Current,
            "0" => Flag::Deleted,
            "2" => Flag::Superseded,
            _ => return None,
        };
        let (department, happened, key) = (parts.next()?, parts.next()?, parts.next()?);
        let (kind, date, patient) = (parts.next()?, parts.next()?, parts.next()?);
        let folder = name.reveal().rsplit('/').nth(3).filter(|_| name.reveal().rsplit('/').nth(1) == Some(kind));
        Some(Self { patient, folder, date, kind, key, happened, department, flag })
    }

    /// Returns whether the path belongs to the patient.
    pub(super) fn is_of(&self, local_id: &str) -> bool {
        self.patient == local_id && self.folder.is_none_or(|folder| folder == local_id)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_storage_path_identifies_its_document() {
        let path = "999/901/9999013/20110701/OMP-01/9999013_20110701_OMP-01_000000011000185_20110701224603984_01_1";
        let parsed = StoragePath::of(FileName::new(path)).unwrap();
        assert_eq!((parsed.kind, parsed.date, parsed.key), ("OMP-01", "20110701", "000000011000185"));
        assert_eq!((parsed.department, parsed.flag), ("01", Flag::Current));
        assert!(parsed.is_of("9999013") && !parsed.is_of("999901"));
        let moved = path.replace("9999013/2011", "0000001/2011");
        assert!(!StoragePath::of(FileName::new(&moved)).unwrap().is_of("9999013"));
        assert_eq!(StoragePath::of(FileName::new("some/message.hl7")), None);
        assert_eq!(StoragePath::of(FileName::new("A_B_-_ADT-00_9_20110701_-_0")).unwrap().patient, "A_B");
    }
}
