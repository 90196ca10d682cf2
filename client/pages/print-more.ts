/**
 * Puts below a printed slide's notes what the slide has no room for: hints and solutions unfolded, and outputs in full, as far as
 * the page goes.
 */
export function printMore(page: HTMLElement): void {
  const notes = page.querySelector('.print-notes')
  if (!notes) return
  for (const fold of page.querySelectorAll('.step:not([hidden]) details')) {
    const inside = [...fold.children].filter((child) => child.localName !== 'summary').map((child) => child.cloneNode(true))
    add(page, notes, fold.querySelector('summary')?.textContent ?? '', inside)
  }
  for (const frame of page.querySelectorAll('.step:not([hidden]) .recorded[data-more]')) {
    const text = document.createElement('pre')
    text.textContent = frame.querySelector('.recorded-text')?.textContent.trimEnd() ?? ''
    const command = frame.closest('.command-block')?.querySelector('pre')?.textContent.split('\n')[0] ?? ''
    add(page, notes, `All that it says: ${command}`, [text])
  }
}

function add(page: HTMLElement, notes: Element, title: string, inside: readonly Node[]): void {
  const section = document.createElement('section')
  section.className = 'print-more'
  const heading = document.createElement('h4')
  heading.textContent = title
  section.append(heading, ...inside)
  // On the slide it was cut.
  for (const frame of section.querySelectorAll('.recorded[data-more]')) frame.removeAttribute('data-more')
  for (const text of section.querySelectorAll<HTMLElement>('.recorded-text')) text.style.maxHeight = ''
  notes.append(section)
  shorten(page, section)
}

/** Lines that would be below the page's edge are counted instead. */
function shorten(page: HTMLElement, section: HTMLElement): void {
  const text = [...section.querySelectorAll('pre')].at(-1)
  const excess = page.scrollHeight - page.clientHeight
  if (excess <= 0) return
  const lines = text?.textContent.split('\n') ?? []
  const kept = text ? Math.floor((lines.length * (text.offsetHeight - excess)) / text.offsetHeight) - 2 : 0
  if (!text || kept < 3) section.remove()
  else text.textContent = [...lines.slice(0, kept), `… ${lines.length - kept} more lines`].join('\n')
}
