import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The longest deck that anybody is known to show. */
export const LONG = 2600

/** Writes a deck of this many slides: sections, steps, code to run, tables and notes, as a real one has. @returns its folder and file */
export function writeLongDeck(slides = LONG): { readonly folder: string; readonly file: string } {
  const folder = mkdtempSync(join(tmpdir(), 'deckhand-long-'))
  const file = join(folder, 'deck.md')
  writeFileSync(file, `---\ntitle: A long deck\n---\n${Array.from({ length: slides }, (_, at) => slideAt(at + 1)).join('\n---\n')}`)
  return { folder, file }
}

function slideAt(number: number): string {
  const notes = `\n???\nSay what slide ${number} is for, and wait for questions.\n`
  if (number % 40 === 1) return `name: part-${number}\nclass: section\n\n# Part ${(number - 1) / 40 + 1}\n${notes}`
  const heading = `name: s-${number}\n\n# Slide ${number}\n\n`
  if (number % 3 === 0)
    return `${heading}Run this.\n\n\`\`\`bash\nkubectl get pods --namespace team-${number}\nkubectl describe pod web-${number}\n\`\`\`\n${notes}`
  if (number % 7 === 0) return `${heading}| Kind | Number |\n|---|---|\n| pods | ${number} |\n| nodes | ${number * 2} |\n${notes}`
  return `${heading}- a first point about topic ${number}\n--\n\n- a second, with *emphasis* and \`code\`\n--\n\n- a third that is a little longer than the others are\n${notes}`
}
