import { metricsToken } from './metrics.ts'
import { testSecrets } from './start-app.ts'

/** Secrets that must be nowhere but where they are used. */
export const secrets: Record<string, string> = {
  ...testSecrets,
  SECRET_KEY_PREVIOUS: 'canary-previous-secret-key-0123456789abcdef',
  JWT_SECRET_KEY_PREVIOUS: 'canary-previous-jwt-key-0123456789abcdefgh',
  OPENAI_API_KEY: 'sk-canary-platform-openai-0123456789',
  DEEPSEEK_API_KEY: 'sk-canary-platform-deepseek-0123456789',
  PINECONE_API_KEY: 'pcsk_canary_platform_pinecone_0123456789',
  METRICS_TOKEN: metricsToken,
  'password of the superuser': 'canary password of the superuser',
  'password of the user': 'canary password of the user',
  'new password of the user': 'canary new password of the user',
  'wrong password': 'canary wrong password',
  'short password': 'canary-pw',
  'model key of the tenant': 'sk-canary-tenant-model-0123456789',
  'drafted model key': 'sk-canary-draft-model-0123456789',
  'Pinecone key of the tenant': 'pcsk_canary_tenant_pinecone_0123456789',
  'drafted Pinecone key': 'pcsk_canary_draft_pinecone_0123456789',
  'user info of an address': 'canary-userinfo',
}
