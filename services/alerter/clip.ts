/** Cut between characters to so many UTF-16 units, and said so. */
export function clip(text: string, longest: number): string {
  if (text.length <= longest) return text
  const last = text.charCodeAt(longest - 3)
  return `${text.slice(0, last >= 0xd800 && last <= 0xdbff ? longest - 3 : longest - 2)} …`
}
