use geo::{Coord, Rect};

/// Edge of the privacy grid in metres, about one kilometre (consent L-29, feature 18).
pub const CELL_METRES: u32 = 1_000;

/// Where a point came from. A zone named in a text is not a location: it never gives a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocationOrigin {
    /// Coordinates that the post itself carries.
    Geotag,
    /// Coordinates of a named place that the post is attached to.
    Place,
}

impl LocationOrigin {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Geotag => "geotag",
            Self::Place => "place",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Geotag, Self::Place].into_iter().find(|origin| origin.as_str() == text)
    }
}

/// An exact WGS 84 point in degrees. Lives in memory between decode and consent only: it has no `Debug`, so that
/// its digits reach no log, and the store takes nothing but a [`CoarseLocation`].
#[derive(Clone, Copy, PartialEq)]
pub struct ExactPoint {
    lon: f64,
    lat: f64,
}

impl ExactPoint {
    /// `None` unless both are finite and in range; (0, 0) is refused too, being the mark of a missing position.
    pub fn new(lon: f64, lat: f64) -> Option<Self> {
        let valid = lon.is_finite() && lat.is_finite() && lon.abs() <= 180.0 && lat.abs() <= 90.0;
        (valid && (lon != 0.0 || lat != 0.0)).then_some(Self { lon, lat })
    }

    pub const fn lon(self) -> f64 {
        self.lon
    }

    pub const fn lat(self) -> f64 {
        self.lat
    }
}

impl std::fmt::Debug for ExactPoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ExactPoint(withheld)")
    }
}

/// The centre of the privacy cell a point falls in, or a public body's own point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CoarseLocation {
    pub lon: f64,
    pub lat: f64,
    /// Edge of the cell in metres: what a reader may not go below.
    pub precision_m: u32,
    pub origin: LocationOrigin,
}

impl CoarseLocation {
    /// Snaps a point to the centre of its cell.
    pub fn coarsen(point: ExactPoint, origin: LocationOrigin) -> Self {
        let centre = cell_of(point.lon, point.lat).center();
        let round = |degrees: f64| (degrees * 10_000.0).round() / 10_000.0;
        Self { lon: round(centre.x), lat: round(centre.y), precision_m: CELL_METRES, origin }
    }

    /// The cell itself, which holds the point that was coarsened.
    pub fn cell(self) -> Rect<f64> {
        cell_of(self.lon, self.lat)
    }
}

/// The cell that holds a point, on a grid of [`CELL_METRES`]: rows of constant latitude, columns whose width in degrees
/// follows the row's latitude so that every cell is about as wide as high.
fn cell_of(lon: f64, lat: f64) -> Rect<f64> {
    const METRES_PER_DEGREE: f64 = 111_320.0;
    let height = f64::from(CELL_METRES) / METRES_PER_DEGREE;
    let south = (lat / height).floor() * height;
    let width = height / (south + height / 2.0).to_radians().cos().max(0.01);
    let west = (lon / width).floor() * width;
    Rect::new(Coord { x: west, y: south }, Coord { x: west + width, y: south + height })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l29_points_of_one_cell_become_one_point() {
        let a = ExactPoint::new(-1.553_621, 47.218_371).map(|p| CoarseLocation::coarsen(p, LocationOrigin::Geotag));
        let b = ExactPoint::new(-1.553_700, 47.218_300).map(|p| CoarseLocation::coarsen(p, LocationOrigin::Geotag));
        assert_eq!(a, b);
        let far = ExactPoint::new(-1.58, 47.24).map(|p| CoarseLocation::coarsen(p, LocationOrigin::Geotag));
        assert_ne!(a, far);
    }

    #[test]
    fn s06_the_cell_of_a_coarse_point_holds_the_exact_one() {
        let mut rng = fastrand::Rng::with_seed(6);
        for _ in 0..10_000 {
            let (lon, lat) = (rng.f64() * 360.0 - 180.0, rng.f64() * 170.0 - 85.0);
            let point = ExactPoint::new(lon, lat).expect("in range");
            let (min, max) = {
                let cell = CoarseLocation::coarsen(point, LocationOrigin::Geotag).cell();
                (cell.min(), cell.max())
            };
            // A billionth of a degree for what the last digits lose on the way.
            let holds = |from: f64, at: f64, to: f64| (from - 1e-9..=to + 1e-9).contains(&at) && to - from < 0.2;
            assert!(holds(min.x, lon, max.x) && holds(min.y, lat, max.y), "{lon} {lat}: {min:?} {max:?}");
        }
    }

    #[test]
    fn impossible_points_are_refused_and_exact_digits_are_not_printed() {
        assert!(ExactPoint::new(200.0, 0.0).is_none() && ExactPoint::new(f64::NAN, 1.0).is_none());
        assert!(ExactPoint::new(0.0, 0.0).is_none());
        assert_eq!(format!("{:?}", ExactPoint::new(-1.553_621, 47.218_371)), "Some(ExactPoint(withheld))");
    }
}
