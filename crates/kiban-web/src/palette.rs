//! The colours, for light and dark: chosen to be told apart by colour-blind readers, and held to WCAG 2.2 AA by a test.

use std::fmt::Write;

/// One colour by its meaning: its CSS name, on light and on dark ground.
pub(crate) struct Colour {
    pub(crate) name: &'static str,
    pub(crate) light: &'static str,
    pub(crate) dark: &'static str,
}

const fn colour(name: &'static str, light: &'static str, dark: &'static str) -> Colour {
    Colour { name, light, dark }
}

/// Every colour of the pages.
pub(crate) const PALETTE: &[Colour] = &[
    colour("paper", "#f8f7f3", "#12161c"),
    colour("card", "#ffffff", "#1a2029"),
    colour("ink", "#1c2530", "#e9ecef"),
    colour("muted", "#56616e", "#a9b3bf"),
    colour("line", "#dedbd2", "#333c49"),
    colour("edge", "#7c8590", "#758190"),
    colour("link", "#0f5a94", "#8ec3f2"),
    colour("good", "#0a6b4c", "#6fd3a6"),
    colour("bad", "#b3261e", "#ff9f97"),
    colour("on", "#ffffff", "#12161c"),
    colour("s1", "#1f6098", "#7db7ec"),
    colour("s2", "#b2470d", "#f3a36f"),
    colour("s3", "#0b7261", "#5fcbb3"),
    colour("s4", "#86600a", "#dfbe62"),
    colour("s5", "#7a4ea4", "#c6a8ea"),
    colour("s6", "#5a6573", "#aab5c1"),
    colour("s7", "#a13669", "#f09fc3"),
];

/// How many series colours `s1`… there are.
pub(crate) const SERIES: usize = 7;

/// Writes the colours as CSS custom properties and a class for each series; print is always on light ground.
pub(crate) fn css() -> String {
    let mut out = String::from(":root{color-scheme:light dark;");
    list(&mut out, |c| c.light);
    out.push_str("}\n@media screen and (prefers-color-scheme:dark){:root{");
    list(&mut out, |c| c.dark);
    out.push_str("}}\n");
    for n in 1..=SERIES {
        let _ = write!(
            out,
            ".f{n}{{fill:var(--s{n});background:var(--s{n})}}.l{n}{{stroke:var(--s{n})}}.flow .s{n}{{fill:var(--s{n})}}.flow path.s{n}{{fill:none;stroke:var(--s{n})}}"
        );
    }
    out.push('\n');
    out
}

fn list(out: &mut String, pick: impl Fn(&Colour) -> &'static str) {
    for colour in PALETTE {
        // Writing to a string cannot fail.
        let _ = write!(out, "--{}:{};", colour.name, pick(colour));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Relative luminance as WCAG 2.2 defines it.
    fn luminance(hex: &str) -> f64 {
        let channel = |at: usize| {
            let value = f64::from(u8::from_str_radix(hex.get(at..at + 2).unwrap(), 16).unwrap()) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    }

    fn contrast(a: &str, b: &str) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    fn check(front: &str, ground: &str, least: f64) {
        let find = |name: &str| PALETTE.iter().find(|c| c.name == name).unwrap();
        for (theme, pick) in [("light", (|c| c.light) as fn(&Colour) -> &'static str), ("dark", |c| c.dark)] {
            let got = contrast(pick(find(front)), pick(find(ground)));
            assert!(got >= least, "{front} on {ground} in {theme}: {got:.2} < {least}");
        }
    }

    #[test]
    fn the_measure_itself_is_right() {
        assert!((contrast("#000000", "#ffffff") - 21.0).abs() < 1e-9);
        assert!((contrast("#767676", "#ffffff") - 4.54).abs() < 0.01);
    }

    #[test]
    fn text_is_readable_and_figures_are_visible() {
        for ground in ["paper", "card"] {
            for text in ["ink", "muted", "link", "good", "bad"] {
                check(text, ground, 4.5);
            }
            check("edge", ground, 3.0);
            for series in 1..=SERIES {
                check(&format!("s{series}"), ground, 3.0);
            }
        }
        for series in 1..=SERIES {
            check("on", &format!("s{series}"), 4.5);
        }
    }

    #[test]
    fn every_colour_reaches_the_page() {
        let css = css();
        for colour in PALETTE {
            assert!(css.contains(&format!("--{}:{};", colour.name, colour.light)), "{}", colour.name);
            assert!(css.contains(&format!("--{}:{};", colour.name, colour.dark)), "{}", colour.name);
        }
    }
}
