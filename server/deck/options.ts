/** What remark's own options ask for (dialect 15.3); the same names go into front matter. */
export interface DeckOptions {
  readonly excludedClasses: readonly string[]
  readonly inheritPresenterNotes: boolean
  readonly includePresenterNotes: boolean
  readonly disableIncrementalSlides: boolean
  readonly countIncrementalSlides: boolean
  readonly slideNumberFormat: string | undefined
  readonly highlightLines: boolean
  readonly highlightSpans: boolean
  /** Language of code that names none. */
  readonly highlightLanguage: string
}

/** Options as they are written in front matter or a JSON file; what is not understood is as if it were not there. */
export function readOptions(written: Readonly<Record<string, unknown>>): DeckOptions {
  const { excludedClasses, slideNumberFormat, highlightLanguage } = written
  return {
    excludedClasses: (Array.isArray(excludedClasses) ? excludedClasses : [excludedClasses]).filter((one) => typeof one === 'string'),
    inheritPresenterNotes: written['inheritPresenterNotes'] === true,
    includePresenterNotes: written['includePresenterNotes'] !== false,
    disableIncrementalSlides: written['disableIncrementalSlides'] === true,
    countIncrementalSlides: written['countIncrementalSlides'] !== false,
    slideNumberFormat: typeof slideNumberFormat === 'string' ? slideNumberFormat.slice(0, 200) : undefined,
    highlightLines: Boolean(written['highlightLines']),
    highlightSpans: Boolean(written['highlightSpans']),
    highlightLanguage: typeof highlightLanguage === 'string' ? highlightLanguage : '',
  }
}
