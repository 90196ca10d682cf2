import type { ComponentChildren } from 'preact'

interface Message {
  readonly title: string
  readonly say: string
  readonly action?: { readonly label: string; readonly href: string }
  readonly children?: ComponentChildren
}

/** A whole page that says one thing: what happened, why, what to do. Never blank, never a spinner without end. */
export function MessagePage({ title, say, action, children }: Message) {
  return (
    <main class="message-page">
      <div>
        <h1>{title}</h1>
        <p>{say}</p>
        {children}
        {action && (
          <a class="button strong" href={action.href}>
            {action.label}
          </a>
        )}
      </div>
    </main>
  )
}

/** The same page while something is on its way; says for what it waits. */
export function WaitingPage({ what }: { what: string }) {
  return (
    <main class="message-page" aria-live="polite">
      <p class="waiting-words">
        <span class="pulse" aria-hidden="true" /> {what}
      </p>
    </main>
  )
}
