import { Layout } from '../protocol/deck.ts'

/** Names that decks use for the same things. */
const ALIASES: ReadonlyMap<string, Layout> = new Map(
  Object.entries<Layout>({
    columns: 'two-columns',
    'two-column': 'two-columns',
    chapter: 'section',
    inverse: 'section',
  }),
)

/** A slide's layout: the class that names one (the last wins), else what its content is. @param outline its outermost tags */
export function chooseLayout(classes: readonly string[], outline: readonly string[]): Layout {
  for (const name of classes.toReversed()) {
    const layout = Layout.safeParse(ALIASES.get(name) ?? name)
    if (layout.success) return layout.data
  }
  const body = outline.filter((tag) => !/^h[1-6]$/.test(tag))
  const code = body.filter((tag) => tag === 'pre').length
  if (code > 0 && code * 2 >= body.length) return 'code'
  if (body.length > 0 && body.every((tag) => tag === 'img')) return 'image'
  if (body.length === 0 && outline.length > 0) return 'statement'
  return 'content'
}
