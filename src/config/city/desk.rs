use super::CityFile;
use super::reader::Reader;
use crate::domain::OfficeHours;

/// Bytes of the hours; seven days of four spans each have some three hundred.
const HOURS_BYTES_MAX: usize = 1_000;

impl Reader<'_> {
    pub(super) fn office_hours(&mut self, file: &CityFile) -> OfficeHours {
        let mut hours = OfficeHours::default();
        if let Some(written) = &file.desk.hours {
            let read = match written.get_ref().len() <= HOURS_BYTES_MAX {
                true => OfficeHours::parse(written.get_ref()),
                false => Err(format!("more than {HOURS_BYTES_MAX} bytes")),
            };
            match read {
                Ok(read) => hours = read,
                Err(reason) => self.refuse(written, &reason),
            }
        }
        let mut closed = Vec::new();
        for day in &file.desk.closed {
            match day.get_ref().parse() {
                Ok(date) => closed.push(date),
                Err(_) => self.refuse(day, "no such day: write it as 2026-12-25"),
            }
        }
        hours.closed_on(closed)
    }
}
