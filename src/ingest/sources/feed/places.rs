//! Where a feed's items are: GeoRSS simple, GML and W3C geo.
//!
//! Owns the order traps: GeoRSS and GML say latitude first, unless a GML reference system says otherwise, and W3C geo
//! is written with `long` or `lon`. Does not own whether a place concerns anybody. Invariant: one entry for each item
//! of the document, in its order.

use quick_xml::NsReader;
use quick_xml::encoding::DecodingReader;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;

use crate::domain::RefuseReason;
use crate::ingest::listing::LonLat;

/// The deepest nesting of a document that is read (H2).
const DEPTH_MAX: usize = 64;
/// Elements of a document, and bytes of one's beginning. Two hundred items have some ten thousand, and the parser makes
/// a value of hundreds of bytes of each (H2); a document with more is refused.
const ELEMENTS_MAX: usize = 50_000;
const ELEMENT_BYTES_MAX: usize = 64 * 1024;
/// Where an XML declaration has to be over that names another encoding than UTF-8: what the readers keep back for it.
const DECLARATION_BYTES_MAX: u64 = 64;
/// Bytes of one text: the readers hold it several times over. An article has some ten thousand.
const PIECE_BYTES_MAX: usize = 512 * 1024;
/// Text of one geometry; a longer outline is passed over.
const GEOMETRY_BYTES_MAX: usize = 64 * 1024;

/// Bytes of the longest stretch of a document that a reader takes as one: between two tags, or marked as text.
fn longest_piece(document: &[u8]) -> usize {
    let (mut rest, mut longest) = (document, 0);
    while !rest.is_empty() {
        let end = match rest.strip_prefix(b"<![CDATA[") {
            Some(text) => text.windows(3).position(|end| end == b"]]>").unwrap_or(text.len()).saturating_add(9),
            None => rest.iter().skip(1).position(|byte| *byte == b'<').map_or(rest.len(), |at| at.saturating_add(1)),
        };
        longest = longest.max(end);
        rest = rest.get(end..).unwrap_or_default();
    }
    longest
}

#[derive(Debug, Default, PartialEq)]
pub(super) struct Places {
    /// What stands outside the items: the place of each that gives none itself.
    pub channel: Option<LonLat>,
    pub items: Vec<Option<LonLat>>,
}

/// Reads an XML document as far as it can be read. Its form is for the feed's parser to judge.
pub(super) fn places(document: &[u8]) -> Result<Places, RefuseReason> {
    if longest_piece(document) > PIECE_BYTES_MAX {
        return Err(RefuseReason::Oversized);
    }
    let mut reader = NsReader::from_reader(DecodingReader::new(document));
    reader.config_mut().expand_empty_elements = true;
    reader.config_mut().trim_markup_names_in_closing_tags = true;
    let (mut found, mut places, mut buffer) = (Finder::default(), Places::default(), Vec::new());
    let (mut depth, mut elements, mut item_depth, mut channel) = (0_usize, 0_usize, None, Extent::default());
    loop {
        buffer.clear();
        let Ok((namespace, event)) = reader.read_resolved_event_into(&mut buffer) else { break };
        match event {
            Event::Decl(declaration) => {
                if let Some(encoding) = declaration.encoder() {
                    // Later on the readers panic at another encoding than the one they read in.
                    let is_late = reader.buffer_position() > DECLARATION_BYTES_MAX;
                    if is_late && reader.get_ref().encoding() != encoding {
                        return Err(RefuseReason::Malformed);
                    }
                    reader.get_mut().set_encoding(encoding);
                }
            }
            Event::Start(element) => {
                depth = depth.saturating_add(1);
                elements = elements.saturating_add(1);
                if depth > DEPTH_MAX {
                    return Err(RefuseReason::TooDeep);
                }
                if elements > ELEMENTS_MAX || element.len() > ELEMENT_BYTES_MAX {
                    return Err(RefuseReason::Oversized);
                }
                if item_depth.is_none() && matches!(element.local_name().as_ref(), "item" | "entry") {
                    item_depth = Some(depth);
                    channel = std::mem::take(&mut found).extent;
                } else {
                    found.start(vocabulary(&namespace), &element);
                }
            }
            Event::End(_) => {
                found.end();
                if item_depth == Some(depth) {
                    places.items.push(std::mem::replace(&mut found.extent, channel).centre());
                    channel = Extent::default();
                    item_depth = None;
                }
                depth = depth.saturating_sub(1);
            }
            Event::Text(text) => found.text(&text),
            Event::CData(text) => found.text(&text),
            Event::Eof => break,
            _ => {}
        }
    }
    places.channel = found.extent.centre();
    Ok(places)
}

#[derive(Clone, Copy, PartialEq)]
enum Vocabulary {
    GeoRss,
    Gml,
    W3c,
}

fn vocabulary(namespace: &ResolveResult<'_>) -> Option<Vocabulary> {
    let name = match namespace {
        ResolveResult::Bound(namespace) => namespace.as_ref(),
        // Some feeds forget to declare what everybody knows.
        ResolveResult::Unknown(prefix) => prefix,
        ResolveResult::Unbound => return None,
    };
    Some(match name {
        "georss" | "http://www.georss.org/georss" | "http://www.georss.org/georss/10" => Vocabulary::GeoRss,
        "gml" | "http://www.opengis.net/gml" | "http://www.opengis.net/gml/3.2" => Vocabulary::Gml,
        "geo" | "http://www.w3.org/2003/01/geo/wgs84_pos#" => Vocabulary::W3c,
        _ => return None,
    })
}

/// How positions of a geometry are written.
#[derive(Clone, Copy)]
struct Positions {
    /// `None`: in a reference system that we don't know.
    latitude_first: Option<bool>,
    numbers: usize,
}

const USUAL: Positions = Positions { latitude_first: Some(true), numbers: 2 };

#[derive(Clone, Copy)]
enum Field {
    Latitude,
    Longitude,
    Positions(Positions),
}

/// What the element that is being read says, and all that the elements of this item said so far.
struct Finder {
    extent: Extent,
    field: Option<Field>,
    text: String,
    /// Of the GML geometry that is being read.
    gml: Positions,
    latitude: Option<f64>,
    longitude: Option<f64>,
}

impl Default for Finder {
    fn default() -> Self {
        Self {
            extent: Extent::default(),
            field: None,
            text: String::new(),
            gml: USUAL,
            latitude: None,
            longitude: None,
        }
    }
}

impl Finder {
    fn start(&mut self, vocabulary: Option<Vocabulary>, element: &BytesStart<'_>) {
        self.text.clear();
        let name = element.local_name();
        self.field = match (vocabulary, name.as_ref()) {
            (Some(Vocabulary::GeoRss), "point" | "line" | "polygon" | "box") => Some(Field::Positions(USUAL)),
            (Some(Vocabulary::GeoRss), "where") => {
                self.gml = USUAL;
                None
            }
            (Some(Vocabulary::Gml), name) => {
                self.refer(element);
                matches!(name, "pos" | "posList" | "lowerCorner" | "upperCorner").then_some(Field::Positions(self.gml))
            }
            (Some(Vocabulary::W3c), "lat") => Some(Field::Latitude),
            (Some(Vocabulary::W3c), "long" | "lon") => Some(Field::Longitude),
            _ => None,
        };
    }

    /// Heeds the reference system and the dimension that a GML element names for itself and those inside it.
    fn refer(&mut self, element: &BytesStart<'_>) {
        let attribute =
            |name: &str| element.try_get_attribute(name).ok()?.map(|attribute| attribute.value.into_owned());
        if let Some(system) = attribute("srsName") {
            let is_geographic = system.ends_with("4326") || system.ends_with("4979");
            self.gml.latitude_first =
                if system.ends_with("CRS84") { Some(false) } else { is_geographic.then_some(true) };
        }
        if let Some(numbers) = attribute("srsDimension").and_then(|numbers| numbers.parse().ok()) {
            self.gml.numbers = numbers;
        }
    }

    fn text(&mut self, text: &str) {
        if self.field.is_some() && self.text.len().saturating_add(text.len()) <= GEOMETRY_BYTES_MAX {
            self.text.push_str(text);
        }
    }

    fn end(&mut self) {
        let Some(field) = self.field.take() else { return };
        let numbers = self.text.split([' ', ',', ';', '\t', '\n', '\r']).filter(|number| !number.is_empty());
        let numbers: Option<Vec<f64>> = numbers.map(|number| number.parse().ok()).collect();
        let Some(numbers) = numbers else { return };
        match (field, &numbers[..]) {
            (Field::Latitude, [latitude]) => self.latitude = Some(*latitude),
            (Field::Longitude, [longitude]) => self.longitude = Some(*longitude),
            (Field::Positions(positions), numbers) => self.extent.add_all(numbers, positions),
            _ => {}
        }
        if let (Some(longitude), Some(latitude)) = (self.longitude, self.latitude) {
            (self.longitude, self.latitude) = (None, None);
            self.extent.add((longitude, latitude));
        }
    }
}

/// The box around positions.
#[derive(Clone, Copy, Default)]
struct Extent(Option<(LonLat, LonLat)>);

impl Extent {
    fn add_all(&mut self, numbers: &[f64], positions: Positions) {
        let Some(latitude_first) = positions.latitude_first else { return };
        // A single position of three numbers has a height.
        let size = if numbers.len() == 3 { 3 } else { positions.numbers.max(2) };
        for position in numbers.chunks_exact(size) {
            if let [first, second, ..] = position {
                self.add(if latitude_first { (*second, *first) } else { (*first, *second) });
            }
        }
    }

    fn add(&mut self, (lon, lat): LonLat) {
        let ((west, south), (east, north)) = self.0.unwrap_or(((lon, lat), (lon, lat)));
        self.0 = Some(((west.min(lon), south.min(lat)), (east.max(lon), north.max(lat))));
    }

    fn centre(self) -> Option<LonLat> {
        self.0.map(|((west, south), (east, north))| (f64::midpoint(west, east), f64::midpoint(south, north)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NANTES: LonLat = (-1.5536, 47.2184);

    fn of(item: &str) -> Option<LonLat> {
        let document = format!(
            r#"<?xml version="1.0"?><rss xmlns:georss="http://www.georss.org/georss" xmlns:gml="http://www.opengis.net/gml"
            xmlns:geo="http://www.w3.org/2003/01/geo/wgs84_pos#"><channel><item><title>x</title>{item}</item></channel></rss>"#
        );
        let Places { channel, items } = places(document.as_bytes()).unwrap();
        assert_eq!((channel, items.len()), (None, 1), "{item}");
        items[0]
    }

    #[test]
    fn s06_each_way_of_writing_a_place_gives_the_same_one() {
        for item in [
            "<georss:point>47.2184 -1.5536</georss:point>",
            "<georss:point>47.2184, -1.5536</georss:point>",
            "<georss:point>\n 47.2184\n -1.5536 </georss:point>",
            "<georss:where><gml:Point><gml:pos>47.2184 -1.5536</gml:pos></gml:Point></georss:where>",
            "<georss:where><gml:Point srsName=\"urn:ogc:def:crs:OGC:1.3:CRS84\"><gml:pos>-1.5536 47.2184</gml:pos></gml:Point></georss:where>",
            "<georss:where><gml:Point srsName=\"http://www.opengis.net/def/crs/EPSG/0/4326\"><gml:pos>47.2184 -1.5536 12</gml:pos></gml:Point></georss:where>",
            "<geo:lat>47.2184</geo:lat><geo:long>-1.5536</geo:long>",
            "<geo:lat>47.2184</geo:lat><geo:lon>-1.5536</geo:lon>",
            "<geo:long>-1.5536</geo:long><geo:lat>47.2184</geo:lat>",
            "<geo:Point><geo:lat>47.2184</geo:lat><geo:long>-1.5536</geo:long></geo:Point>",
            "<georss:point><![CDATA[47.2184 -1.5536]]></georss:point>",
        ] {
            assert_eq!(of(item), Some(NANTES), "{item}");
        }
    }

    #[test]
    fn an_outline_stands_in_its_middle() {
        for item in [
            "<georss:box>47 -2 48 -1</georss:box>",
            "<georss:line>47 -2 48 -1</georss:line>",
            "<georss:polygon>47 -2 47 -1 48 -1 48 -2 47 -2</georss:polygon>",
            "<georss:where><gml:Envelope><gml:lowerCorner>47 -2</gml:lowerCorner><gml:upperCorner>48 -1</gml:upperCorner></gml:Envelope></georss:where>",
            "<georss:where><gml:LineString srsDimension=\"3\"><gml:posList>47 -2 5 48 -1 6</gml:posList></gml:LineString></georss:where>",
        ] {
            assert_eq!(of(item), Some((-1.5, 47.5)), "{item}");
        }
    }

    #[test]
    fn what_is_no_place_gives_none() {
        for item in [
            "<georss:point>ici</georss:point>",
            "<georss:point></georss:point>",
            "<geo:lat>47</geo:lat>",
            "<point>47 -1</point>",
            "<georss:where><gml:Point srsName=\"EPSG:2154\"><gml:pos>355000 6689000</gml:pos></gml:Point></georss:where>",
        ] {
            assert_eq!(of(item), None, "{item}");
        }
    }

    #[test]
    fn the_channels_place_is_told_apart_and_entries_keep_their_order() {
        let document = "<feed xmlns:g='http://www.georss.org/georss'><entry><title>a</title></entry><g:point>47 -1</g:point>\
                        <entry><g:point>48 -2</g:point></entry><entry/></feed>";
        let expected = Places { channel: Some((-1.0, 47.0)), items: vec![None, Some((-2.0, 48.0))] };
        let found = places(document.as_bytes()).unwrap();
        assert_eq!((found.channel, &found.items[..2]), (expected.channel, &expected.items[..]));
        assert_eq!(found.items.len(), 3, "an empty item is one too");
    }

    #[test]
    fn h2_depth_is_bounded_and_half_a_document_is_no_harm() {
        let deep = |levels: usize| "<a>".repeat(levels);
        assert!(places(deep(DEPTH_MAX).as_bytes()).is_ok());
        assert_eq!(places(deep(DEPTH_MAX + 1).as_bytes()), Err(RefuseReason::TooDeep));
        let late = |before: &str| format!("{before}<?xml version='1.0' encoding='windows-1252'?><rss/>");
        assert!(places(late("\n ").as_bytes()).is_ok());
        for before in [" ".repeat(20), " ".repeat(300), format!("<rss>{}</rss>", "x".repeat(600))] {
            assert_eq!(places(late(&before).as_bytes()), Err(RefuseReason::Malformed));
        }
        let many = |items: usize| format!("<rss>{}", "<item/>".repeat(items - 1));
        assert!(places(many(ELEMENTS_MAX).as_bytes()).is_ok());
        assert_eq!(places(many(ELEMENTS_MAX + 1).as_bytes()), Err(RefuseReason::Oversized));
        for (before, after) in [("<title>", "</title>"), ("<title><![CDATA[<b>", "]]></title>"), ("<!--", "-->")] {
            let text = |bytes| format!("<rss>{before}{}{after}", "x".repeat(bytes));
            assert!(places(text(PIECE_BYTES_MAX - 100).as_bytes()).is_ok(), "{before}");
            assert_eq!(places(text(PIECE_BYTES_MAX).as_bytes()), Err(RefuseReason::Oversized), "{before}");
        }
        let long = format!("<rss a='{}'>", "x".repeat(ELEMENT_BYTES_MAX));
        assert_eq!(places(long.as_bytes()), Err(RefuseReason::Oversized));
        assert_eq!(places(b"<rss><item><georss:point>47").unwrap(), Places::default());
        assert_eq!(places(b"\xff\xfe\0<").unwrap(), Places::default());
    }
}
