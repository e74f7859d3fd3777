import { userInfo } from 'node:os'

/** Who runs this process, as far as the operating system says. */
export function osUser(): string {
  try {
    return userInfo().username
  } catch {
    // A user id without a name, as in many containers.
    return `uid ${process.geteuid?.() ?? ''}`
  }
}
