/** Which shell a text was written for, by its marks; a POSIX shell unless there are signs of Windows. */
import type { Dialect } from './command.ts'
import { anyOf, oneOf } from './pattern.ts'

const VERBS =
  'new get set add remove start stop invoke out import export write copy test enable disable register unregister clear install select ' +
  'convertto convertfrom restart rename expand compress'
const POWERSHELL = new RegExp(anyOf(
  /\$env:/, oneOf(VERBS, '\\b', '-[a-z]{3,}'), /\[(?:[a-z]+\.)+[a-z0-9]+\]::/, /\[(?:ref|convert|char|type|activator|environment|io\.file)\]/,
  /\biex\b|\biwr\b|\birm\b/, /\|\s?%\s?\{/, /\$\w+\s?=\s?["'[(@$\w]/, /hk(?:lm|cu|cr):\\/,
).source, 'i')

const PROGRAMS =
  'reg sc net net1 wmic netsh schtasks bcdedit vssadmin wevtutil icacls takeown attrib rundll32 regsvr32 mshta certutil bitsadmin fsutil cipher ' +
  'ipconfig systeminfo tasklist taskkill whoami cmdkey nltest msiexec cmstp cscript wscript forfiles pcalua dsquery auditpol powercfg gpupdate ' +
  'del rd cmd assoc ftype setx diskshadow wbadmin msbuild installutil esentutl mofcomp odbcconf manage-bde query quser ntdsutil'
const CMD = new RegExp(anyOf(
  /%[a-z_]\w{1,30}%/, /\b[a-z]:\\/, /\\\\[\w.$-]{1,60}\\/, /\.exe\b/, /\bhk(?:lm|cu|cr)\\|\bhkey_/, /^\s?@?echo off/,
  oneOf(PROGRAMS, '(?:^|[&|\\n] ?)', '\\b'),
).source, 'i')

const LOOKED_AT = 4096

export function dialectOf(text: string): Dialect {
  const head = text.slice(0, LOOKED_AT)
  if (POWERSHELL.test(head) && !/^\s?#!|^\s?(?:sudo|export|if \[)/.test(head)) return 'powershell'
  return CMD.test(head) ? 'cmd' : 'posix'
}
