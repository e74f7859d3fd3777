/** Servers change: new versions with clearer texts and new tools, new servers that some people begin to use. */
import { KINDS, LATER_TOOLS } from './catalogue.ts'
import { type Company, makeServer, scopesOf } from './company.ts'
import { NOUNS } from './words.ts'

const DEPLOYED = 1 / 14
const REWORDED = [' Times are UTC.', ' Returns an empty list where there is nothing.', ' Needs read access.', ' Results are sorted by date, newest first.', ' At most 100 results; use a narrower query for more.']

/** What is different from this day (since 1970) on. */
export function deploy(company: Company, day: number): void {
  const { dice: seed, servers, people } = company
  const dice = seed.for(`deploys ${day}`)
  for (const server of servers) {
    if (!dice.chance(DEPLOYED)) continue
    const [major, minor] = server.version.split('.')
    server.version = `${major}.${Number(minor) + 1}.0`
    if (dice.chance(0.35)) {
      const tool = dice.pick(server.tools)
      server.tools = server.tools.map((one) => (one === tool ? { ...one, description: `${one.description}${dice.pick(REWORDED)}` } : one))
    }
    if (dice.chance(0.3)) {
      const [name, description, parameters] = dice.pick(LATER_TOOLS)
      if (!server.tools.some((tool) => tool.name === name)) server.tools = [...server.tools, { name, description, parameters }]
    }
  }
  if (!dice.chance(0.06)) return
  const kind = dice.pick(KINDS)
  const name = `${kind}-${dice.pick(NOUNS)}`
  if (servers.some((server) => server.name === name)) return
  const server = makeServer(kind, name, { index: servers.length, since: day })
  servers.push(server)
  for (const person of people) {
    if (!person.servers.has(kind) || !dice.chance(0.05)) continue
    person.servers.set(kind, server)
    person.scopes = scopesOf(person.servers.keys())
  }
}
