import { build, setUp } from './setup.mjs'

setUp()
build({ force: true })
