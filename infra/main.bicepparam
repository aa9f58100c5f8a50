using 'main.bicep'

// Each value is a variable of the azd environment: `azd env set NAME value`, then `azd provision`.
// docs/deployment.md lists them.

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME')
param location = readEnvironmentVariable('AZURE_LOCATION')

param hosting = readEnvironmentVariable('HOSTING', 'flexConsumption')
param instanceMemoryMB = int(readEnvironmentVariable('INSTANCE_MEMORY_MB', '4096'))
param maximumInstances = int(readEnvironmentVariable('MAXIMUM_INSTANCES', '20'))
param alwaysReadyInstances = int(readEnvironmentVariable('ALWAYS_READY_INSTANCES', '0'))
param appExists = bool(readEnvironmentVariable('SERVICE_CONTAINER_RESOURCE_EXISTS', 'false'))

param privateNetwork = bool(readEnvironmentVariable('PRIVATE_NETWORK', 'false'))
param allowedIpAddresses = readEnvironmentVariable('ALLOWED_IP_ADDRESSES', '')

param databaseAdminObjectId = readEnvironmentVariable('DATABASE_ADMIN_OBJECT_ID', '')
param databaseAdminName = readEnvironmentVariable('DATABASE_ADMIN_NAME', '')
param databaseAdminType = readEnvironmentVariable('DATABASE_ADMIN_TYPE', 'User')
param databaseServerName = readEnvironmentVariable('DATABASE_SERVER_NAME', '')
param databaseSkuName = readEnvironmentVariable('DATABASE_SKU_NAME', 'Standard_B2s')
param databaseSkuTier = readEnvironmentVariable('DATABASE_SKU_TIER', 'Burstable')
param databaseStorageGB = int(readEnvironmentVariable('DATABASE_STORAGE_GB', '32'))
param databaseHighAvailability = bool(readEnvironmentVariable('DATABASE_HIGH_AVAILABILITY', 'false'))

param retentionDays = int(readEnvironmentVariable('RETENTION_DAYS', '0'))
param maxRowsInDatabase = int(readEnvironmentVariable('MAX_ROWS_IN_DATABASE', '1000000'))
param maxUploadsPerMinute = int(readEnvironmentVariable('MAX_UPLOADS_PER_MINUTE', '0'))
param maxOpenJobs = int(readEnvironmentVariable('MAX_OPEN_JOBS', '0'))
param webhooks = {
  secret: readEnvironmentVariable('WEBHOOK_SECRET', '')
  url: readEnvironmentVariable('WEBHOOK_URL', '')
}
param webhooksGiven = {
  secret: !empty(readEnvironmentVariable('WEBHOOK_SECRET', ''))
  url: !empty(readEnvironmentVariable('WEBHOOK_URL', ''))
}
param softDeleteDays = int(readEnvironmentVariable('SOFT_DELETE_DAYS', '7'))
param logRetentionDays = int(readEnvironmentVariable('LOG_RETENTION_DAYS', '30'))

param authClientId = readEnvironmentVariable('AUTH_CLIENT_ID', '')
param apiAccess = readEnvironmentVariable('API_ACCESS', 'keys')
param alertEmail = readEnvironmentVariable('ALERT_EMAIL', '')
