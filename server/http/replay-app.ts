import { join } from 'node:path'
import { TerminalId } from '../kernel/ids.ts'
import { UserError } from '../kernel/user-error.ts'
import type { RecordedSession } from '../recordings/read-session.ts'
import { createSite, type SiteOptions } from './app.ts'
import { passesOf } from './cookies.ts'
import { deckAnswer } from './deck-answer.ts'
import { problem } from './problem.ts'
import { decodedPath, serveImage } from './static-files.ts'

export interface ReplayOptions extends SiteOptions {
  readonly recorded: RecordedSession
}

/** A recorded session's routes. */
export function createReplayApp(options: ReplayOptions): ReturnType<typeof createSite> {
  const { recorded, access, rules } = options
  const app = createSite(options)
  app.get('/', (context) => context.redirect('/replay'))
  for (const path of ['/api/replay', '/api/replay/*', '/api/deck', '/slides/*']) {
    app.use(path, async (context, next) => {
      if (!passesOf(access, rules.port(), context.req.header('cookie')).replay) {
        return problem(401, 'forbidden', 'Open the address that was printed when the replay started.')
      }
      await next()
      return undefined
    })
  }
  app.get('/api/replay', (context) => context.json(recorded.recording))
  app.get('/api/replay/terminals/:id', async (context) => {
    const id = TerminalId.safeParse(context.req.param('id'))
    if (!id.success) throw new UserError('not-found', 'There is no such terminal in this session.')
    return context.json(await recorded.terminal(id.data))
  })
  app.get('/api/deck', (context) => deckAnswer(recorded.deck, true, context.req.raw.headers))
  app.get('/slides/*', async (context, next) => {
    const path = decodedPath(context.req.path.slice('/slides/'.length))
    return (await serveImage(join(recorded.folder, 'slides'), path)) ?? next()
  })
  return app
}
