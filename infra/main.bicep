targetScope = 'subscription'

metadata description = '''
Everything that the app needs in Azure. `azd up` deploys it; docs/deployment.md describes it.
Names and abbreviations follow the Cloud Adoption Framework, parameters Azure Verified Modules.
'''

@minLength(1)
@maxLength(40)
@description('Name of the environment; part of every resource\'s name.')
param environmentName string

@minLength(1)
param location string

@description('Where the app runs: Azure Functions Flex Consumption, or Functions on Container Apps.')
param hosting 'flexConsumption' | 'containerApps'

@description('Storage and database answer in a virtual network, and outside it to allowedIpAddresses only.')
param privateNetwork bool

@description('IPv4 addresses outside Azure that may reach the database and, with privateNetwork, storage. Comma-separated.')
param allowedIpAddresses string

@description('The database\'s administrator, who runs the migrations. Empty: who deploys.')
param databaseAdminObjectId string
param databaseAdminName string
param databaseAdminType 'User' | 'Group' | 'ServicePrincipal'

@description('Another server than the one that is made for the environment: one restored from a backup.')
param databaseServerName string

param databaseSkuName string
param databaseSkuTier 'Burstable' | 'GeneralPurpose' | 'MemoryOptimized'
param databaseStorageGB int
param databaseHighAvailability bool

@description('Memory of a Flex Consumption instance [MB].')
param instanceMemoryMB int

@description('Most instances, or replicas, of the app; fewer where the database allows no more.')
param maximumInstances int

@description('Instances that are kept warm. Container Apps: at least 1.')
param alwaysReadyInstances int

@description('The app deletes jobs this long after they ended [days]; 0 keeps them.')
@minValue(0)
param retentionDays int

@description('Most rows of frames that one measurement writes to the database; 0: none, they stay in its container.')
@minValue(0)
param maxRowsInDatabase int

@description('Uploads that the deployment takes in a minute; 0: no limit.')
@minValue(0)
param maxUploadsPerMinute int

@description('Jobs that may be open for another upload to be taken; 0: no limit.')
@minValue(0)
param maxOpenJobs int

@description('WEBHOOK_SECRET and WEBHOOK_URL of docs/settings.md; empty where there is none.')
@secure()
param webhooks object

@description('Which of them are there, of which no secret is made.')
param webhooksGiven { secret: bool, url: bool }

@description('Deleted containers and blobs can be restored for this long [days]; 0 makes deletion final.')
param softDeleteDays int

@description('App registration that people sign in with for the pages; empty: the pages stay shut.')
param authClientId string

@description('Who may call the API: who has a function key, or who signs in (needs authClientId).')
param apiAccess 'keys' | 'entra'

@description('Who is told of alerts; empty: nobody.')
param alertEmail string

@description('Days that logs are kept.')
param logRetentionDays int

@description('Container Apps: whether the app has been deployed before. azd knows.')
param appExists bool

var databaseAdmin = {
  objectId: empty(databaseAdminObjectId) ? deployer().objectId : databaseAdminObjectId
  name: empty(databaseAdminName) ? deployer().userPrincipalName : databaseAdminName
  type: databaseAdminType
}
var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = { 'azd-env-name': environmentName }
var onFlex = hosting == 'flexConsumption'
var addresses = filter(map(split(allowedIpAddresses, ','), item => trim(item)), item => item != '')
var deploymentContainer = 'app-package'
var deadLetterContainer = 'undelivered-events'
var databaseName = 'avatar_validation'
var mediaStorageName = 'stmedia${token}'
var hostStorageName = 'sthost${token}'
var appName = '${onFlex ? 'func' : 'ca'}-${token}'
// Signing in to the API needs something that people sign in with; keys do without.
var access = empty(authClientId) ? 'keys' : apiAccess
// Signing in is for the pages. The API asks for keys itself unless it is to be signed in to as
// well; the webhook always has a key, and the health check is for everybody. A path without a star
// may stand for itself alone.
var openPaths = union(
  ['/runtime/webhooks/blobs', '/api/health', '/api/health/*'],
  access == 'keys' ? ['/api', '/api/*'] : []
)

// What one instance does at a time, so that the sums fit what it has (tests/infra/test_limits.py).
// Flex Consumption: 4 GB (or 2 GB and one core), 0.8 GB of temporary disk, and a group of functions
// to itself: requests in one instance, blob events in another, the retry queue in a third, webhooks
// in a fourth. Container Apps: 4 GB and 8 GB of disk, and one replica does everything.
var limits = onFlex
  ? { requests: instanceMemoryMB < 4096 ? 1 : 3, blobs: 2, retries: 2, maxMediaMB: 256, engineMemoryMB: 1024 }
  : { requests: 2, blobs: 2, retries: 1, maxMediaMB: 2048, engineMemoryMB: 640 }

// What servers allow by default, and what Azure keeps of it; of a server that is not in the list,
// what the least of those of 4 GB allows. An instance opens up to 20.
var maxConnections = {
  Standard_B1ms: 50
  Standard_B2s: 429
  Standard_B2ms: 859
  Standard_B4ms: 1718
  Standard_D2ds_v5: 859
  Standard_D2s_v3: 859
  Standard_D4ds_v5: 1718
  Standard_D4s_v3: 1718
  Standard_D8ds_v5: 3437
  Standard_D8s_v3: 3437
}
var connectionsPerInstance = 20
var connectionsReserved = 15
var connections = (maxConnections[?databaseSkuName] ?? 429) - connectionsReserved
var instances = min(maximumInstances, connections / connectionsPerInstance)

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  name: 'identity'
  scope: group
  params: { name: 'id-${token}', location: location, tags: tags }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    workspaceName: 'log-${token}'
    applicationInsightsName: 'appi-${token}'
    location: location
    tags: tags
    retentionInDays: logRetentionDays
  }
}

module network 'modules/network.bicep' = if (privateNetwork) {
  name: 'network'
  scope: group
  params: { name: 'vnet-${token}', location: location, tags: tags }
}

var appSubnetId = privateNetwork ? network!.outputs.appSubnetId : ''
var endpointSubnetId = privateNetwork ? network!.outputs.endpointSubnetId : ''
var zones = privateNetwork
  ? network!.outputs.zoneIds
  : { blob: '', queue: '', table: '', postgresqlServer: '' }

module hostStorage 'modules/storage.bicep' = {
  name: 'host-storage'
  scope: group
  params: {
    name: hostStorageName
    location: location
    tags: tags
    containerNames: [deploymentContainer, deadLetterContainer]
    privateAccess: privateNetwork
    allowedIpAddresses: addresses
    endpointSubnetId: endpointSubnetId
    zoneIds: { blob: zones.blob, queue: zones.queue, table: zones.table }
  }
}

module mediaStorage 'modules/storage.bicep' = {
  name: 'media-storage'
  scope: group
  params: {
    name: mediaStorageName
    location: location
    tags: tags
    auditWorkspaceId: monitoring.outputs.workspaceId
    // With the poison queues, which the host makes only when it first needs them: until then
    // their triggers would ask for a queue that is not there.
    queueNames: ['job-retry', 'job-retry-poison', 'webhook-delivery', 'webjobs-blobtrigger-poison']
    corsOrigins: empty(authClientId) ? [] : ['https://${app.hostname}']
    // A second line: the app deletes jobs itself. A week later, because it counts from their end.
    deleteBlobsAfterDays: retentionDays == 0 ? 0 : retentionDays + 7
    softDeleteDays: softDeleteDays
    privateAccess: privateNetwork
    allowedIpAddresses: addresses
    endpointSubnetId: endpointSubnetId
    zoneIds: { blob: zones.blob, queue: zones.queue }
  }
}

module database 'modules/database.bicep' = {
  name: 'database'
  scope: group
  params: {
    name: empty(databaseServerName) ? 'psql-${token}' : databaseServerName
    location: location
    tags: tags
    workspaceResourceId: monitoring.outputs.workspaceId
    databaseName: databaseName
    sku: { name: databaseSkuName, tier: databaseSkuTier }
    storageSizeGB: databaseStorageGB
    highAvailability: databaseHighAvailability
    backupRetentionDays: 14
    administrator: databaseAdmin
    privateAccess: privateNetwork
    allowedIpAddresses: addresses
    endpointSubnetId: endpointSubnetId
    zoneId: zones.postgresqlServer
  }
}

var storageSuffix = environment().suffixes.storage
var settings = union(
  {
    AzureWebJobsStorage__blobServiceUri: 'https://${hostStorageName}.blob.${storageSuffix}'
    AzureWebJobsStorage__queueServiceUri: 'https://${hostStorageName}.queue.${storageSuffix}'
    AzureWebJobsStorage__tableServiceUri: 'https://${hostStorageName}.table.${storageSuffix}'
    AzureWebJobsStorage__credential: 'managedidentity'
    AzureWebJobsStorage__clientId: identity.outputs.clientId
    AZURE_STORAGE_CONNECTION_STRING__blobServiceUri: 'https://${mediaStorageName}.blob.${storageSuffix}'
    AZURE_STORAGE_CONNECTION_STRING__queueServiceUri: 'https://${mediaStorageName}.queue.${storageSuffix}'
    AZURE_STORAGE_CONNECTION_STRING__credential: 'managedidentity'
    AZURE_STORAGE_CONNECTION_STRING__clientId: identity.outputs.clientId
    AZURE_CLIENT_ID: identity.outputs.clientId
    DATABASE_URL: 'postgresql://${identity.outputs.name}@${database.outputs.host}:5432/${databaseName}'
    DATABASE_AUTH: 'entra'
    APPLICATIONINSIGHTS_CONNECTION_STRING: monitoring.outputs.connectionString
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'Authorization=AAD;ClientId=${identity.outputs.clientId}'
    // The app sends its own spans and logs (shared/platform/telemetry), and host.json keeps the host
    // from sending the logs again. Neither PYTHON_ENABLE_OPENTELEMETRY nor
    // PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY, which would say the same to the worker: with the
    // first, workers for Python up to 3.12 fail every invocation of an app that brings its own
    // OpenTelemetry; with the second, the worker sends everything a second time.
    OTEL_SERVICE_NAME: appName
    API_ACCESS: access
    ENGINE_MEMORY_MB: string(limits.engineMemoryMB) // a picture of 50 megapixels takes 590
    MAX_MEDIA_MB: string(limits.maxMediaMB)
    AzureFunctionsJobHost__extensions__http__maxConcurrentRequests: string(limits.requests)
    AzureFunctionsJobHost__extensions__blobs__maxDegreeOfParallelism: string(limits.blobs)
    AzureFunctionsJobHost__extensions__queues__batchSize: '1'
    AzureFunctionsJobHost__extensions__queues__newBatchThreshold: string(limits.retries - 1)
    RETENTION_DAYS: string(retentionDays)
    MAX_ROWS_IN_DATABASE: string(maxRowsInDatabase)
    MAX_UPLOADS_PER_MINUTE: string(maxUploadsPerMinute)
    MAX_OPEN_JOBS: string(maxOpenJobs)
    PYTHON_THREADPOOL_THREAD_COUNT: '32' // stages block a thread each for as long as they run
  },
  empty(authClientId)
    ? {}
    : {
        OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID: identity.outputs.clientId
        WEBSITE_AUTH_ENABLED: 'True' // the pages answer where it is; not every platform sets it
      }
)

module flex 'modules/flex-consumption.bicep' = if (onFlex) {
  name: 'flex-consumption'
  scope: group
  params: {
    name: appName
    planName: 'plan-${token}'
    location: location
    tags: tags
    settings: settings
    webhooks: webhooks
    webhooksGiven: webhooksGiven
    identityResourceId: identity.outputs.resourceId
    deploymentContainerUrl: '${hostStorage.outputs.blobEndpoint}${deploymentContainer}'
    subnetId: appSubnetId
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: instances
    alwaysReadyInstances: alwaysReadyInstances
    httpConcurrency: limits.requests
    authClientId: authClientId
    openPaths: openPaths
  }
}

module containerApp 'modules/container-app.bicep' = if (!onFlex) {
  name: 'container-app'
  scope: group
  params: {
    name: appName
    environmentName: 'cae-${token}'
    registryName: 'cr${token}'
    location: location
    tags: tags
    workspaceResourceId: monitoring.outputs.workspaceId
    settings: settings
    webhooks: webhooks
    webhooksGiven: webhooksGiven
    identityResourceId: identity.outputs.resourceId
    identityPrincipalId: identity.outputs.principalId
    identityClientId: identity.outputs.clientId
    subnetId: appSubnetId
    exists: appExists
    cores: 2
    minimumReplicas: max(alwaysReadyInstances, 1)
    maximumReplicas: instances
    authClientId: authClientId
    openPaths: openPaths
  }
}

var app = {
  name: appName
  hostname: onFlex ? flex!.outputs.hostname : containerApp!.outputs.hostname
}

module roles 'modules/roles.bicep' = {
  name: 'roles'
  scope: group
  params: {
    principalId: identity.outputs.principalId
    mediaStorageName: mediaStorage.outputs.name
    hostStorageName: hostStorage.outputs.name
    applicationInsightsName: monitoring.outputs.applicationInsightsName
  }
}

module eventTopic 'modules/event-topic.bicep' = {
  name: 'event-topic'
  scope: group
  params: {
    name: 'evgst-${token}'
    location: location
    tags: tags
    workspaceResourceId: monitoring.outputs.workspaceId
    mediaStorageResourceId: mediaStorage.outputs.resourceId
    hostStorageName: hostStorage.outputs.name
    deadLetterContainerName: deadLetterContainer
  }
}

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  scope: group
  params: {
    location: location
    tags: tags
    applicationInsightsId: monitoring.outputs.applicationInsightsId
    eventTopicId: eventTopic.outputs.resourceId
    databaseId: database.outputs.resourceId
    email: alertEmail
  }
}

module workbook 'modules/workbook.bicep' = {
  name: 'workbook'
  scope: group
  params: {
    name: 'Avatar validation ${environmentName}'
    location: location
    tags: tags
    applicationInsightsId: monitoring.outputs.applicationInsightsId
  }
}

// What the hooks (infra/deploy.py) and azd need to know.
output AZURE_RESOURCE_GROUP string = group.name
output AZURE_CONTAINER_REGISTRY_ENDPOINT string = onFlex
  ? ''
  : containerApp!.outputs.registryEndpoint
output APP_HOSTING string = hosting
output APP_NAME string = app.name
output APP_HOSTNAME string = app.hostname
output APP_IDENTITY_NAME string = identity.outputs.name
output APP_IDENTITY_PRINCIPAL_ID string = identity.outputs.principalId
output DATABASE_HOST string = database.outputs.host
output DATABASE_NAME string = databaseName
output DATABASE_ADMIN_NAME string = databaseAdmin.name
output EVENT_TOPIC_NAME string = eventTopic.outputs.name
output HOST_STORAGE_ID string = hostStorage.outputs.resourceId
output DEAD_LETTER_CONTAINER string = deadLetterContainer
