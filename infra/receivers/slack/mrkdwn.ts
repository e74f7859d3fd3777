/** Text that Slack shows as it is: no mention, no link, no format. https://docs.slack.dev/messaging/formatting-message-text. Pure. */

/** `mrkdwn` has no escape for its own signs, so strangers' signs become ones that look alike. */
const LOOKALIKES: Readonly<Record<string, string>> = { '*': '∗', '~': '∼', '`': '\'' }

/** `&`, `<` and `>` are all that opens mentions, channels, dates and links. */
export const entities = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')

/** What some clients make a mention of, wherever it stands. */
const calls = (text: string): string => text.replace(/@(?=(?:here|channel|everyone|group)(?![a-z0-9]))/gi, '＠')
/** Emoji have a letter or a plus in their names; the minutes of a time have not. */
const names = (text: string): string => calls(text.replace(/:(?=[0-9_'-]*[a-z+][a-z0-9_+'-]*:)/gi, '꞉'))

const signs = (text: string): string => names(text.replace(/[*~`]/g, (sign) => LOOKALIKES[sign] ?? ''))
  // Within a word, as in most names of tools, it formats nothing.
  .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '＿')

/** For a text object of type mrkdwn that is `verbatim`. */
export const mrkdwn = (text: string): string => entities(signs(text))

/** For a code block: only its end could be forged. */
export const code = (text: string): string => entities(calls(text.replace(/``+/g, (run) => '\''.repeat(run.length))))

/** For text objects of type plain_text, which know emoji and nothing else. */
export const plainText = (text: string): string => names(text).replace(/</g, '‹').replace(/>/g, '›').replace(/&/g, '＆')
