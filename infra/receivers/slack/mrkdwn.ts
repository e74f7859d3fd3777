/** Text that Slack shows as it is: no mention, no link, no format. https://docs.slack.dev/messaging/formatting-message-text. Pure. */

/** `mrkdwn` has no escape for its own signs, so strangers' signs become ones that look alike. */
const LOOKALIKES: Readonly<Record<string, string>> = { '*': '∗', '~': '∼', '`': 'ˋ' }

/** `&`, `<` and `>` are all that opens mentions, channels, dates and links. */
export const entities = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')

const signs = (text: string): string => text
  .replace(/[*~`]/g, (sign) => LOOKALIKES[sign] ?? '')
  // Within a word, as in most names of tools, it formats nothing.
  .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '＿')
  .replace(/:(?=[a-z0-9_+'-]+:)/gi, '꞉')
  .replace(/@(?=(?:here|channel|everyone|group)\b)/gi, '＠')

/** For a text object of type mrkdwn that is `verbatim`. */
export const mrkdwn = (text: string): string => entities(signs(text))

/** For a code block: only its end could be forged. */
export const code = (text: string): string => entities(text.replace(/`/g, 'ˋ'))

/** For text objects of type plain_text, which know emoji and nothing else. */
export const plainText = (text: string): string => text.replace(/</g, '‹').replace(/>/g, '›').replace(/&/g, '＆').replace(/:(?=[a-z0-9_+'-]+:)/gi, '꞉')
