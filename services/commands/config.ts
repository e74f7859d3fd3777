import { stringify } from 'yaml'
import { checkDetectors } from '../detector-list.ts'
import { checkPlaces } from '../doctor.ts'
import { masked } from '../config/load.ts'
import { unusableFiles } from '../config/named-files.ts'
import { type CommonOptions, configOf } from './common.ts'
import { policyProblems } from './policy.ts'

/** `watchkeeper config check` */
export async function configCheck(options: CommonOptions): Promise<number> {
  const config = configOf(options)
  checkDetectors(config.detectors)
  const places = await checkPlaces(config)
  for (const { ok, detail } of places) (ok ? console.log : console.error)(detail)
  const problems = [...unusableFiles(config), ...(await policyProblems(config))]
  for (const problem of problems) console.error(problem)
  if (problems.length > 0 || !places.every(({ ok }) => ok)) return 1
  console.log('The configuration is right.')
  return 0
}

/** `watchkeeper config print` */
export async function configPrint(options: CommonOptions): Promise<number> {
  process.stdout.write(stringify(masked(configOf(options))))
  return 0
}
