metadata description = 'One address in the network for one service, and its name there.'

param name string
param location string
param tags object
param subnetResourceId string
param serviceResourceId string

@description('Which of the service\'s endpoints: blob, queue, table, postgresqlServer.')
param groupId string
param privateDnsZoneResourceId string

resource endpoint 'Microsoft.Network/privateEndpoints@2024-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    subnet: { id: subnetResourceId }
    privateLinkServiceConnections: [
      {
        name: name
        properties: {
          privateLinkServiceId: serviceResourceId
          groupIds: [groupId]
        }
      }
    ]
  }

  resource zoneGroup 'privateDnsZoneGroups' = {
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        {
          name: groupId
          properties: { privateDnsZoneId: privateDnsZoneResourceId }
        }
      ]
    }
  }
}
