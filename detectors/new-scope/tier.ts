/** What a scope allows, read from its name: 1 reading and what nobody can tell, 2 changing, 3 administration. */
export type Tier = 1 | 2 | 3

const ADMINISTRATION: ReadonlySet<string> = new Set(('admin administrator administration owner root super superuser sudo manage manager management fullcontrol full impersonate impersonation delegate grant iam ' +
  'permission permissions role roles policy policies secret secrets credential credentials vault security *').split(' '))
const CHANGE: ReadonlySet<string> = new Set(('write writer readwrite rw edit editor update create insert delete remove destroy purge send post publish submit pay payment payments transfer refund execute exec run invoke deploy ' +
  'modify change upload push merge approve cancel import export').split(' '))

const MOST_CHARACTERS = 200
/** Words of `mail.ReadWrite`, `repo:admin`, `https://host/auth/drive.file`, `files.*`. */
const WORD = /[A-Z]?[a-z]+|[A-Z]+|\*/g

export function tierOf(scope: string): Tier {
  let tier: Tier = 1
  for (const [match] of scope.slice(0, MOST_CHARACTERS).matchAll(WORD)) {
    const word = match.toLowerCase()
    if (ADMINISTRATION.has(word)) return 3
    if (CHANGE.has(word)) tier = 2
  }
  return tier
}

/** Numbers of objects in a scope say nothing of what it allows: `project:17:read` is `project:#:read`. */
export const shapeOf = (scope: string): string => scope.slice(0, MOST_CHARACTERS).replace(/\d+/g, '#')
