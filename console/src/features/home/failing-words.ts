import { formatCount } from '../../lib/numbers.ts'
import type { FailingConnection } from './home.queries.ts'

const connectionNames: Record<FailingConnection['connection'], string> = {
  model: 'Model',
  pinecone: 'Pinecone',
  database: 'Database',
}

/** What a connection is called. */
export function nameConnection(connection: FailingConnection): string {
  return connectionNames[connection.connection]
}

/** What the failure did to end users: “212 answers failed or fell back”. */
export function describeAffected(connection: FailingConnection): string {
  const { affected } = connection
  if (affected === 0) return 'No answer affected'
  if (connection.connection === 'database') {
    return `Could not be opened ${affected === 1 ? 'once' : `${formatCount(affected)} times`}`
  }
  const answers = `${formatCount(affected)} ${affected === 1 ? 'answer' : 'answers'}`
  return `${answers} ${connection.connection === 'model' ? 'failed' : 'failed or fell back'}`
}

/** What changes in the tenant's settings mend a failure; undefined where only trying again can help. */
export function chooseRemedy(connection: FailingConnection): string | undefined {
  switch (connection.code) {
    case 'key_refused':
      return 'Replace key'
    case 'key':
      // A test failed at the key: it may be missing, refused, or could not be tried.
      return 'Check key'
    case 'index_not_found':
    case 'index':
      return 'Choose index'
    case 'dimension':
    case 'model_not_found':
    case 'model':
      return 'Choose model'
    case 'region':
      return 'Correct region'
    case 'namespace':
      return 'Correct namespace'
    case 'address':
    case 'address_refused':
    case 'redirected':
    case 'not_event_stream':
      return 'Correct address'
    default:
      return undefined
  }
}
