#!/usr/bin/env node
// Works from a fresh clone: sets up what is missing, then runs the CLI in this process.
import { run } from '../infra/dev/start.mjs'

await run(process.argv.slice(2))
