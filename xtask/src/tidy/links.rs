//! Pages that lead nowhere.

use super::Source;

/// Complains of every relative link of a page whose file is not there.
pub(super) fn check(pages: &[Source], exists: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut complaints = Vec::new();
    for page in pages {
        let folder = page.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for target in targets(&page.text) {
            if !exists(format!("{folder}/{target}").trim_start_matches('/')) {
                complaints.push(format!("{} links to {target}, which is not there", page.path));
            }
        }
    }
    complaints
}

/// Returns the files that `[text](file)` and `![text](file)` name, without anchors and web addresses.
fn targets(text: &str) -> Vec<&str> {
    let links = text.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    let files = links.map(|(target, _)| target.split('#').next().unwrap_or_default());
    files.filter(|file| !file.is_empty() && !file.contains("://")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::source;

    #[test]
    fn links_are_read_from_the_page_they_stand_on() {
        let page = source("docs/law.md", "[a](words.md) ![b](images/b.png#x) [c](https://example.org) [d](#here)");
        assert_eq!(targets(&page.text), ["words.md", "images/b.png"]);
        assert!(check(std::slice::from_ref(&page), &|path| path.starts_with("docs/")).is_empty());
        assert_eq!(check(&[page], &|path| path == "docs/words.md").len(), 1);
    }

    #[test]
    fn pages_at_the_root_have_no_folder() {
        assert!(check(&[source("README.md", "[a](docs/law.md)")], &|path| path == "docs/law.md").is_empty());
    }
}
