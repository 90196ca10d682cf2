import { runController, watching } from '../controllers/runner.ts'
import type { Platform } from '../platform.ts'
import type { Auth } from './auth.ts'
import type { Api } from './door.ts'

const NAME = 'kubernetes.io/service-account.name'
const UID = 'kubernetes.io/service-account.uid'
/** Such tokens do not expire: they go with their secret. */
const FOREVER_SECONDS = 10 * 365 * 24 * 3600

/**
 * Fills secrets that ask for a service account's token, and deletes them with the account.
 * @see https://kubernetes.io/docs/concepts/configuration/secret/#serviceaccount-token-secrets
 * @returns stops it
 */
export function startSecretTokens(api: Api, platform: Platform, auth: Auth, certificateAuthority: string): () => void {
  const ofAccount = (namespace: string | undefined, name: string | undefined) =>
    api
      .list('Secret', namespace)
      .filter(({ type, metadata }) => type === 'kubernetes.io/service-account-token' && metadata.annotations?.[NAME] === name)
  return runController(api, platform, {
    name: 'serviceaccount-token-controller',
    watches: [
      watching('Secret', ({ type, metadata }) =>
        type === 'kubernetes.io/service-account-token' ? [`${metadata.namespace}/${metadata.name}`] : [],
      ),
      watching('ServiceAccount', ({ metadata }) =>
        ofAccount(metadata.namespace, metadata.name).map((secret) => `${secret.metadata.namespace}/${secret.metadata.name}`),
      ),
    ],
    reconcile(key) {
      const at = key.indexOf('/')
      const [namespace, name] = [key.slice(0, at), key.slice(at + 1)]
      const secret = api.get('Secret', namespace, name)
      const wanted = secret?.metadata.annotations?.[NAME]
      if (!secret || wanted === undefined || secret.metadata.deletionTimestamp !== undefined) return []
      const { metadata } = api.get('ServiceAccount', namespace, wanted) ?? {}
      const known = secret.metadata.annotations?.[UID]
      if (metadata?.uid === undefined || (known !== undefined && known !== metadata.uid))
        return [{ do: 'delete', kind: 'Secret', namespace, name }]
      if (secret.data?.['token'] !== undefined && known !== undefined) return []
      const token = auth.issue(namespace, wanted, metadata.uid, FOREVER_SECONDS, {
        bound: { kind: 'Secret', name, uid: secret.metadata.uid ?? '' },
      })
      const data = { ...secret.data, 'ca.crt': btoa(certificateAuthority), 'namespace': btoa(namespace), 'token': btoa(token) }
      const annotations = { ...secret.metadata.annotations, [UID]: metadata.uid }
      return [{ do: 'update', object: { ...secret, metadata: { ...secret.metadata, annotations }, data } }]
    },
  })
}
