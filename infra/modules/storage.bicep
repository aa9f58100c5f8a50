metadata description = 'A storage account that knows identities only: no key, no anonymous reader, no old TLS.'

param name string
param location string
param tags object

@description('Where it is logged who read, wrote and deleted; empty: nowhere.')
param auditWorkspaceId string = ''

@description('Containers to make.')
param containerNames string[] = []

@description('Queues to make.')
param queueNames string[] = []

@description('Pages that may write to the account from a browser, with an address that the app signed.')
param corsOrigins string[] = []

@description('Blobs older than this are deleted [days]; 0 keeps them.')
@minValue(0)
param deleteBlobsAfterDays int = 0

@description('Deleted blobs and containers can be restored for this long [days]; 0 makes deletion final.')
@minValue(0)
@maxValue(365)
param softDeleteDays int = 0

@description('Answer in the private network, and outside it to allowedIpAddresses only.')
param privateAccess bool

@description('Addresses and ranges (CIDR) outside the private network that may reach the account.')
param allowedIpAddresses string[] = []

@description('Where private endpoints go, and the DNS zones by endpoint: blob, queue, table.')
param endpointSubnetId string = ''
param zoneIds object = {}

var softDelete = { enabled: softDeleteDays > 0, days: max(softDeleteDays, 1) }

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: privateAccess && empty(allowedIpAddresses) ? 'Disabled' : 'Enabled'
    networkAcls: {
      defaultAction: privateAccess ? 'Deny' : 'Allow'
      bypass: 'AzureServices' // Event Grid writes what it could not deliver
      ipRules: [
        for address in privateAccess ? allowedIpAddresses : []: { action: 'Allow', value: address }
      ]
    }
  }

  resource blobs 'blobServices' = {
    name: 'default'
    properties: {
      deleteRetentionPolicy: softDelete
      containerDeleteRetentionPolicy: softDelete
      cors: {
        corsRules: empty(corsOrigins)
          ? []
          : [
              {
                allowedOrigins: corsOrigins
                allowedMethods: ['PUT']
                allowedHeaders: ['content-type', 'x-ms-blob-type', 'x-ms-version']
                exposedHeaders: []
                maxAgeInSeconds: 3600
              }
            ]
      }
    }

    resource containers 'containers' = [
      for container in containerNames: {
        name: container
        properties: { publicAccess: 'None' }
      }
    ]
  }

  resource queues 'queueServices' = {
    name: 'default'

    resource queues 'queues' = [for queue in queueNames: { name: queue }]
  }

  resource lifecycle 'managementPolicies' = if (deleteBlobsAfterDays > 0) {
    name: 'default'
    properties: {
      policy: {
        rules: [
          {
            name: 'retention'
            type: 'Lifecycle'
            definition: {
              filters: { blobTypes: ['blockBlob'] }
              actions: {
                baseBlob: { delete: { daysAfterModificationGreaterThan: deleteBlobsAfterDays } }
              }
            }
          }
        ]
      }
    }
    dependsOn: [blobs]
  }
}

resource auditBlobs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (!empty(auditWorkspaceId)) {
  name: 'audit'
  scope: account::blobs
  properties: {
    workspaceId: auditWorkspaceId
    logs: [
      { category: 'StorageRead', enabled: true }
      { category: 'StorageWrite', enabled: true }
      { category: 'StorageDelete', enabled: true }
    ]
  }
}

module endpoints 'private-endpoint.bicep' = [
  for zone in items(privateAccess ? zoneIds : {}): {
    name: '${name}-${zone.key}'
    params: {
      name: 'pep-${name}-${zone.key}'
      location: location
      tags: tags
      subnetResourceId: endpointSubnetId
      serviceResourceId: account.id
      groupId: zone.key
      privateDnsZoneResourceId: zone.value
    }
  }
]

output resourceId string = account.id
output name string = account.name
output blobEndpoint string = account.properties.primaryEndpoints.blob
output queueEndpoint string = account.properties.primaryEndpoints.queue
output tableEndpoint string = account.properties.primaryEndpoints.table
