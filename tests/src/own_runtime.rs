/// Runs `work` in a new runtime on a separate thread, because the caller may already be inside a runtime.
pub(crate) fn in_own_runtime<T, F>(work: impl FnOnce() -> F + Send + 'static) -> T
where
    T: Send + 'static,
    F: Future<Output = T>,
{
    let run = || tokio::runtime::Runtime::new().unwrap().block_on(work());
    std::thread::spawn(run).join().unwrap()
}
