/**
 * The engine takes the signals of a crash for itself and then waits up to five minutes for a reporter that only the server has: a process that
 * crashed would stand there, doing nothing, in place of being started again. So they go back to the system. Node keeps none of them but SIGSEGV,
 * for the bounds of WebAssembly, and the engine has taken that already.
 */
const FATAL = ['SIGILL', 'SIGTRAP', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGSEGV', 'SIGSYS', 'SIGTSTP'] as const

/** To be called when the engine runs. Whoever listens to one of them himself goes on to. */
export function returnFatalSignals(): void {
  const nothing = (): void => undefined
  for (const signal of FATAL) {
    if (process.listenerCount(signal) > 0) continue
    // Where the last listener goes, Node asks the system for its own way again.
    process.on(signal, nothing)
    process.off(signal, nothing)
  }
}
