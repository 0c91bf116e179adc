use std::fs;

/// Resident memory of the processes, in KiB.
pub fn resident_kib(pids: &[u32]) -> f64 {
    let of = |pid: &u32| {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse::<f64>().ok())
    };
    pids.iter().filter_map(of).sum()
}

/// User and system seconds of the processes, all threads.
pub fn cpu_seconds(pids: &[u32]) -> f64 {
    let of = |pid: &u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let fields: Vec<f64> =
            stat.rsplit(')').next()?.split_whitespace().skip(11).take(2).filter_map(|part| part.parse().ok()).collect();
        Some(fields.iter().sum::<f64>())
    };
    let ticks = rustix::param::clock_ticks_per_second() as f64;
    pids.iter().filter_map(of).sum::<f64>() / ticks
}

/// Binds this thread, and the processes it starts from now on, to these processors.
pub fn bind_to(processors: &[usize]) -> std::io::Result<()> {
    let mut set = rustix::thread::CpuSet::new();
    for processor in processors {
        set.set(*processor);
    }
    Ok(rustix::thread::sched_setaffinity(None, &set)?)
}
