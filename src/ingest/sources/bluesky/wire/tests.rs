use proptest::prelude::*;

use super::*;
use crate::ingest::lenient::{patiently, read};

fn piece() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("1".to_owned()),
        Just("\"x\"".to_owned()),
        Just("\"é\\n\"".to_owned()),
        Just("{}".to_owned()),
        Just("[]".to_owned()),
    ];
    let name = prop_oneof![
        Just("text"),
        Just("langs"),
        Just("facets"),
        Just("features"),
        Just("index"),
        Just("byteStart"),
        Just("byteEnd"),
        Just("reply"),
        Just("root"),
        Just("uri"),
        Just("embed"),
        Just("images"),
        Just("alt"),
        Just("$type"),
        Just("external"),
        Just("media"),
        Just("labels"),
        Just("values"),
        Just("val"),
        Just("location"),
        Just("tags"),
        Just("latitude"),
        Just("tag"),
        Just("other"),
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        let fields = proptest::collection::vec((name.clone(), inner.clone()), 0..6);
        prop_oneof![
            2 => fields.prop_map(|fields| {
                let fields: Vec<_> = fields.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
                format!("{{{}}}", fields.join(","))
            }),
            1 => proptest::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            1 => (inner, 10_usize..24).prop_map(|(item, count)| format!("[{}]", vec![item; count].join(","))),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_hasty_reading_gives_what_a_patient_one_gives(json in piece()) {
        let raw: &RawValue = serde_json::from_str(&json).unwrap();
        let read: Option<PostRecord<'_>> = read(raw);
        prop_assert_eq!(format!("{:?}", read), format!("{:?}", patiently::<PostRecord<'_>>(&json)));
    }
}
