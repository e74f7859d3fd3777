/** Our own log: pino, one JSON record a line (readable on a terminal is the reader's job: pipe through pino-pretty). */
import { pino } from 'pino'
import type { Log } from '../../schemas/ports.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** Writes to standard error, so that standard output stays what a command prints. `watchkeeper.telemetry` marks the lines as ours. */
export function createLog(level: LogLevel): Log {
  return pino({ level, base: { 'service.name': 'watchkeeper', 'watchkeeper.telemetry': true }, messageKey: 'message', timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ fd: 2, sync: true }))
}
