/** One thing that happens to a screen, live or played back. */
export type ScreenChange =
  /** `written` is called when it is on the screen. A replayed chunk's questions to the terminal must not be answered again. */
  { readonly kind: 'write'; readonly data: string; readonly replayed: boolean; readonly written?: () => void } | { readonly kind: 'reset' }

/** Where a screen's content comes from: subscribing begins the stream, from the beginning of what there is. */
export interface ScreenSource {
  /** @returns ends the subscription */
  subscribe(sink: (change: ScreenChange) => void): () => void
}
