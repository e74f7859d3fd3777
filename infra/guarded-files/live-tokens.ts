/** The tokens that are in force now, read again whenever their file changes. */
import type { TokenRecord } from '../../schemas/token-record.ts'
import { readTokens } from './token-file.ts'
import { watchFile } from './watch-file.ts'

export interface LiveTokens {
  /** Another array after each change, the same one until then. Records of revoked tokens are in it. */
  current(): readonly TokenRecord[]
  close(): Promise<void>
}

export interface TokenNews {
  /** The file was read again; not called for the first reading. */
  changed(before: readonly TokenRecord[], after: readonly TokenRecord[]): void
  /** It cannot be used: the tokens read last stay in force. */
  broken(error: unknown): void
  /** It can be used (again). */
  whole(): void
}

class Gone extends Error {}

/** Throws Failure `misconfigured` when the file that is there at the start cannot be used. Without a file there are no tokens. */
export async function openLiveTokens(path: string, news: TokenNews): Promise<LiveTokens> {
  let tokens = (await readTokens(path)) ?? []
  let first = true
  async function read(): Promise<void> {
    try {
      const found = await readTokens(path)
      if (found === undefined && tokens.length > 0) throw new Gone(`${path} is gone: its tokens stay in force until this process ends`)
      const before = tokens
      tokens = found ?? []
      news.whole()
      if (!first && JSON.stringify(before) !== JSON.stringify(tokens)) news.changed(before, tokens)
    } catch (error) {
      news.broken(error)
    }
    first = false
  }
  const watch = await watchFile(path, read)
  return { current: () => tokens, close: () => watch.close() }
}
