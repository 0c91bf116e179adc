//! Whether HTML holds elements and attributes of our templates, and nothing else (H3).
//!
//! Owns the walk over the tree that an HTML5 parser, like a browser's, makes of it. Does not own what the templates may
//! hold: that is handed in. Invariant: an address that executes is found in any attribute, whatever is allowed.

use std::collections::BTreeSet;

use html5ever::tendril::TendrilSink;
use html5ever::{QualName, local_name, ns, parse_document, parse_fragment};
use markup5ever_rcdom::{Handle, NodeData, RcDom};

/// An element's name and one of its attributes' names; of an element as such, the attribute is empty.
pub type Shape = (String, String);

/// Every element and attribute of a whole document, and what is wrong with it.
pub fn document(html: &str) -> (BTreeSet<Shape>, Vec<String>) {
    walk(parse_document(RcDom::default(), Default::default()).one(html))
}

/// The same of a piece that is put into a page's body.
pub fn fragment(html: &str) -> (BTreeSet<Shape>, Vec<String>) {
    let body = QualName::new(None, ns!(html), local_name!("body"));
    walk(parse_fragment(RcDom::default(), Default::default(), body, Vec::new(), false).one(html))
}

fn walk(dom: RcDom) -> (BTreeSet<Shape>, Vec<String>) {
    let (mut shapes, mut wrong) = (BTreeSet::new(), Vec::new());
    let mut rest: Vec<Handle> = vec![dom.document.clone()];
    while let Some(node) = rest.pop() {
        match &node.data {
            NodeData::Element { name, attrs, .. } => {
                let element = name.local.to_string();
                shapes.insert((element.clone(), String::new()));
                for attribute in attrs.borrow().iter() {
                    let (name, value) = (attribute.name.local.to_string(), attribute.value.to_string());
                    wrong.extend(danger(&element, &name, &value));
                    shapes.insert((element.clone(), name));
                }
                if element == "script" && !node.children.borrow().is_empty() {
                    wrong.push("a script with text".into());
                }
            }
            NodeData::Comment { contents } => wrong.push(format!("a comment: {contents}")),
            NodeData::ProcessingInstruction { target, .. } => wrong.push(format!("an instruction: {target}")),
            NodeData::Document | NodeData::Doctype { .. } | NodeData::Text { .. } => {}
        }
        rest.extend(node.children.borrow().iter().cloned());
    }
    (shapes, wrong)
}

/// What no template of ours writes, whatever its attributes are.
fn danger(element: &str, name: &str, value: &str) -> Option<String> {
    let told = |what: &str| Some(format!("{what}: <{element} {name}={value:?}>"));
    if name.starts_with("on") || matches!(name, "style" | "srcdoc" | "formaction" | "ping" | "background") {
        return told("an attribute that executes or styles");
    }
    if !matches!(name, "href" | "src" | "action" | "poster" | "data" | "content") {
        return None;
    }
    if (element, name) == ("link", "href") && value == "data:," {
        // The page without an icon of its own.
        return None;
    }
    if name == "content" {
        // Of `<meta>`: text, unless it refreshes, and none of ours does.
        return None;
    }
    let local =
        value.starts_with('#') || (value.starts_with('/') && !value.starts_with("//")) || value.starts_with('?');
    let web = url::Url::parse(value).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let loads = matches!(name, "src" | "poster" | "data") || element == "link";
    match (local, web) {
        (true, _) => None,
        (_, true) if !loads || (element, name) == ("link", "href") => None,
        _ => told("an address that is not of the web, or loads something"),
    }
}

/// The elements and attributes of `card.html`.
const CARD: [(&str, &[&str]); 14] = [
    (
        "article",
        &[
            "class",
            "id",
            "tabindex",
            "aria-labelledby",
            "data-id",
            "data-position",
            "data-received",
            "data-lane",
            "data-automated",
            "data-thread",
            "data-zone",
        ],
    ),
    ("p", &["class"]),
    ("h3", &["class", "id", "dir", "lang"]),
    ("bdi", &["class"]),
    ("span", &["class", "lang", "title"]),
    ("details", &["class"]),
    ("summary", &[]),
    ("div", &["class", "dir", "lang"]),
    ("a", &["href", "rel", "class", "lang", "data-act"]),
    ("ul", &["class"]),
    ("li", &[]),
    ("svg", &["class", "aria-hidden", "width", "height"]),
    ("use", &["href"]),
    ("time", &["datetime", "title"]),
];

/// Panics unless this is one card as the template writes it.
pub fn assert_card(html: &str) {
    let (shapes, wrong) = fragment(html);
    assert!(wrong.is_empty(), "{wrong:?} in {html}");
    for (element, attribute) in shapes.iter().filter(|(element, _)| element != "html") {
        let known = CARD.iter().find(|(name, _)| name == element);
        let fine = known.is_some_and(|(_, names)| attribute.is_empty() || names.contains(&attribute.as_str()));
        assert!(fine, "<{element} {attribute}> is not of the template: {html}");
    }
    assert_eq!(html.matches("<article").count(), 1, "{html}");
}
