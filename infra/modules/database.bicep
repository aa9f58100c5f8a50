metadata description = 'PostgreSQL that knows Entra identities only, over TLS.'

param name string
param location string
param tags object
param workspaceResourceId string
param databaseName string

@description('Compute: its name and tier, as the price list has them.')
param sku { name: string, tier: 'Burstable' | 'GeneralPurpose' | 'MemoryOptimized' }

@description('Disk to begin with [GB]; it grows by itself.')
param storageSizeGB int

@description('A second server in another zone that takes over when the first fails.')
param highAvailability bool

@description('Days that backups are kept.')
@minValue(7)
@maxValue(35)
param backupRetentionDays int

@description('Who may do everything: runs the migrations. A group, where several people deploy.')
param administrator { objectId: string, name: string, type: 'User' | 'Group' | 'ServicePrincipal' }

@description('Answer in the private network, and outside it to allowedIpAddresses only.')
param privateAccess bool

@description('IPv4 addresses outside Azure that may reach the server: of who deploys, of other services.')
param allowedIpAddresses string[] = []
param endpointSubnetId string = ''
param zoneId string = ''

resource server 'Microsoft.DBforPostgreSQL/flexibleServers@2024-08-01' = {
  name: name
  location: location
  tags: tags
  sku: sku
  properties: {
    version: '17'
    authConfig: {
      activeDirectoryAuth: 'Enabled'
      passwordAuth: 'Disabled'
      tenantId: tenant().tenantId
    }
    storage: { storageSizeGB: storageSizeGB, autoGrow: 'Enabled' }
    backup: { backupRetentionDays: backupRetentionDays, geoRedundantBackup: 'Disabled' }
    highAvailability: { mode: highAvailability ? 'ZoneRedundant' : 'Disabled' }
    network: {
      publicNetworkAccess: privateAccess && empty(allowedIpAddresses) ? 'Disabled' : 'Enabled'
    }
  }

  resource database 'databases' = {
    name: databaseName
    properties: { charset: 'UTF8', collation: 'en_US.utf8' }
  }

  // One change of the server at a time: it refuses others meanwhile.
  resource minimumTls 'configurations' = {
    name: 'ssl_min_protocol_version'
    properties: { value: 'TLSv1.2', source: 'user-override' }
    dependsOn: [database]
  }

  resource admin 'administrators' = {
    name: administrator.objectId
    properties: {
      principalName: administrator.name
      principalType: administrator.type
      tenantId: tenant().tenantId
    }
    dependsOn: [minimumTls]
  }
}

var rules = union(
  toObject(allowedIpAddresses, address => 'allowed-${replace(address, '.', '-')}'),
  // 0.0.0.0 stands for addresses of Azure; without a private network the app has one of them
  privateAccess ? {} : { azure: '0.0.0.0' }
)

@batchSize(1)
resource firewall 'Microsoft.DBforPostgreSQL/flexibleServers/firewallRules@2024-08-01' = [
  for rule in items(rules): {
    parent: server
    name: rule.key
    properties: { startIpAddress: rule.value, endIpAddress: rule.value }
    dependsOn: [server::admin]
  }
]

resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'logs'
  scope: server
  properties: {
    workspaceId: workspaceResourceId
    logs: [{ category: 'PostgreSQLLogs', enabled: true }]
  }
}

module endpoint 'private-endpoint.bicep' = if (privateAccess) {
  name: name
  params: {
    name: 'pep-${name}'
    location: location
    tags: tags
    subnetResourceId: endpointSubnetId
    serviceResourceId: server.id
    groupId: 'postgresqlServer'
    privateDnsZoneResourceId: zoneId
  }
  dependsOn: [firewall] // the server takes one change at a time
}

output resourceId string = server.id
output host string = server.properties.fullyQualifiedDomainName
