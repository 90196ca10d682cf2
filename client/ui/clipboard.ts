/**
 * Copies text, also over plain http, where there is no `navigator.clipboard` (it wants a secure context):
 * there a selected textarea and `execCommand` still work.
 */
export async function copyText(text: string): Promise<boolean> {
  if (globalThis.isSecureContext && 'clipboard' in navigator) {
    try {
      await navigator.clipboard.writeText(text)
      return true
    } catch {
      // Permission may be refused: the old way below needs none.
    }
  }
  return copyBySelection(text)
}

function copyBySelection(text: string): boolean {
  const focused = document.activeElement
  const area = document.createElement('textarea')
  area.value = text
  area.setAttribute('readonly', '')
  area.style.cssText = 'position:fixed;inset:0 auto auto 0;opacity:0'
  document.body.append(area)
  area.select()
  const done = document.execCommand('copy')
  area.remove()
  if (focused instanceof HTMLElement) focused.focus({ preventScroll: true })
  return done
}

/** The clipboard's text where the page may read it; undefined means: ask for Ctrl-V. */
export async function readClipboard(): Promise<string | undefined> {
  if (!globalThis.isSecureContext || !('clipboard' in navigator)) return undefined
  try {
    return await navigator.clipboard.readText()
  } catch {
    return undefined
  }
}
