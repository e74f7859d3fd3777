import { type CommonOptions, configOf } from './common.ts'
import { checkMachine } from '../doctor.ts'

/** `watchkeeper doctor`: exit code 1 when something is wrong. */
export async function doctor(options: CommonOptions & { readonly json?: boolean }): Promise<number> {
  const checks = await checkMachine(configOf(options))
  if (options.json === true) console.log(JSON.stringify(checks))
  else for (const { what, ok, detail } of checks) console.log(`${ok ? 'ok  ' : 'FAIL'}  ${what.padEnd(12)} ${detail}`)
  return checks.every(({ ok }) => ok) ? 0 : 1
}
