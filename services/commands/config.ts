import { stringify } from 'yaml'
import { checkDetectors } from '../detector-list.ts'
import { checkPlaces } from '../doctor.ts'
import { masked } from '../config/load.ts'
import { unusableFiles } from '../config/named-files.ts'
import { privateTargets } from '../wiring/private-targets.ts'
import { type CommonOptions, configOf } from './common.ts'
import { policyProblems } from './policy.ts'

/** `watchkeeper config check`. Where parts are processes of their own each has its own secrets, so that others are not here is only said. */
export async function configCheck(options: CommonOptions): Promise<number> {
  const config = configOf(options)
  checkDetectors(config.detectors)
  const places = await checkPlaces(config)
  for (const { ok, detail } of places) (ok ? console.log : console.error)(detail)
  const files = unusableFiles(config)
  const isParts = config.bus.kafka !== undefined
  for (const one of files) console.error(isParts ? `${one} Only the parts that use it need it.` : one)
  const targets = await privateTargets(config)
  for (const { sentence } of targets) console.error(sentence)
  const problems = await policyProblems(config)
  for (const problem of problems) console.error(problem)
  if (problems.length > 0 || targets.some(({ certain }) => certain) || (files.length > 0 && !isParts) || !places.every(({ ok }) => ok)) return 1
  console.log('The configuration is right.')
  return 0
}

/** `watchkeeper config print` */
export async function configPrint(options: CommonOptions): Promise<number> {
  process.stdout.write(stringify(masked(configOf(options))))
  return 0
}
