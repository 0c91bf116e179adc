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
    pids.iter().map(|pid| cpu_seconds_in(&format!("/proc/{pid}/stat"))).sum()
}

/// User and system seconds of the process or thread whose `stat` file this is; 0 where there is none.
pub fn cpu_seconds_in(stat: &str) -> f64 {
    let text = fs::read_to_string(stat).unwrap_or_default();
    let fields = text.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: f64 = fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum();
    ticks / rustix::param::clock_ticks_per_second() as f64
}

/// Binds this thread, and the processes it starts from now on, to these processors.
pub fn bind_to(processors: &[usize]) -> std::io::Result<()> {
    let mut set = rustix::thread::CpuSet::new();
    for processor in processors {
        set.set(*processor);
    }
    Ok(rustix::thread::sched_setaffinity(None, &set)?)
}
