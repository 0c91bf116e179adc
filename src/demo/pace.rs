use std::time::Duration;

use tokio::time::Instant;

use crate::shutdown::Shutdown;

/// Says each line when its hours after now have passed, `speed` times faster than honest. `lines`: in order. Goes on until
/// the last one or the shutdown. Must be called inside a Tokio runtime.
pub fn play<T: Send + 'static>(
    lines: Vec<(f64, T)>,
    speed: f64,
    shutdown: Shutdown,
    mut say: impl FnMut(T) + Send + 'static,
) {
    let began = Instant::now();
    tokio::spawn(async move {
        for (hours, line) in lines {
            // A duration that does not fit is centuries away; waiting a day for it is as good.
            let wait = Duration::try_from_secs_f64(hours * 3_600.0 / speed).unwrap_or(Duration::from_secs(86_400));
            tokio::select! {
                () = tokio::time::sleep_until(began + wait) => say(line),
                () = shutdown.triggered() => return,
            }
        }
    });
}
