import { stringify } from 'yaml'
import type { Address } from '../lease.ts'

const certified = new Set(['127.0.0.1', 'localhost', '::1'])

/** The administrator's kubeconfig of a simulated cluster, with the names that kubeadm gives. */
export function simulatedKubeconfig(access: { readonly token: string; readonly certificateAuthority: string }, at: Address): string {
  const host = at.host.includes(':') ? `[${at.host}]` : at.host
  return stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: 'kubernetes',
          cluster: {
            'certificate-authority-data': Buffer.from(access.certificateAuthority).toString('base64'),
            server: `https://${host}:${at.port}`,
            // The certificate names loopback; behind another address it is asked for by that name.
            ...(certified.has(at.host) ? {} : { 'tls-server-name': 'localhost' }),
          },
        },
      ],
      users: [{ name: 'kubernetes-admin', user: { token: access.token } }],
      contexts: [{ name: 'kubernetes-admin@kubernetes', context: { cluster: 'kubernetes', user: 'kubernetes-admin' } }],
      'current-context': 'kubernetes-admin@kubernetes',
      preferences: {},
    },
    { lineWidth: 0 },
  )
}
