import { chmod, chown, rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'

export interface Address {
  readonly host: string
  readonly port: number
}

/** A unix socket whose connections end at a cluster's API: the only way out of a sandbox. */
export interface ClusterSocket {
  readonly path: string
  close(): Promise<void>
}

/**
 * Listens on `path` and relays to where `target` says at that time; connections before there is a target wait for it.
 * @param owner the user who may connect besides root; undefined for the server's own
 */
export async function openClusterSocket(path: string, target: () => Promise<Address>, owner: number | undefined): Promise<ClusterSocket> {
  const open = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (inside) => {
    const track = (socket: Socket): void => {
      open.add(socket)
      socket.on('close', () => open.delete(socket))
    }
    track(inside)
    inside.on('error', () => inside.destroy())
    target().then(
      ({ host, port }) => {
        if (inside.destroyed) return
        const outside = connect({ host, port, allowHalfOpen: true })
        track(outside)
        outside.on('error', () => inside.destroy())
        inside.on('close', () => outside.destroy())
        outside.on('close', () => inside.destroy())
        inside.pipe(outside)
        outside.pipe(inside)
      },
      () => inside.destroy(),
    )
  })
  await rm(path, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  await chmod(path, 0o600)
  if (owner !== undefined) await chown(path, owner, owner)
  return {
    path,
    async close() {
      for (const socket of open) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
