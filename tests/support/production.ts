import { call } from './call.ts'
import { password } from './people.ts'
import { testSecrets } from './start-app.ts'

/** The superuser that a server of `productionEnv` makes at its first start. */
export const firstSuperuser = { email: 'first@platform.example', password }

/** The environment of a production server with the offline model; what it stores in is still to be given. */
export const productionEnv = {
  ...testSecrets,
  NODE_ENV: 'production',
  OFFLINE_MODEL: 'true',
  SUPERUSER_EMAIL: firstSuperuser.email,
  SUPERUSER_PASSWORD: firstSuperuser.password,
}

/** An access token of `firstSuperuser`. */
export async function signInFirst(server: { url: string }): Promise<string> {
  const signedIn = await call(server, 'POST /auth/login', { body: firstSuperuser })
  if (signedIn.status !== 200) throw new Error(`the first superuser was not signed in: ${signedIn.text}`)
  return signedIn.body.access_token
}
