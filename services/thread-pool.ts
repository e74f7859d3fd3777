/**
 * Imported before anything that starts native work. The ClickHouse engine runs each query on a thread of libuv's pool; with the default of
 * four, slow queries would hold up the disk work of the log.
 */
process.env['UV_THREADPOOL_SIZE'] ??= '16'
