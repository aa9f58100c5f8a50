metadata description = '''
Events of new blobs, to the webhook of on_blob_uploaded. Deployed after the app, because Event Grid
asks the webhook before it accepts the subscription. Safe to repeat.
'''

param topicName string
param hostname string

@description('The app\'s system key blobs_extension, made by the host when the app is first loaded.')
@secure()
param webhookKey string

param deadLetterStorageResourceId string
param deadLetterContainerName string

var containers = '/blobServices/default/containers/'

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

resource subscription 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: 'on-blob-uploaded'
  properties: {
    destination: {
      endpointType: 'WebHook'
      properties: {
        #disable-next-line use-secure-value-for-secure-inputs // it is one: it holds the key
        endpointUrl: 'https://${hostname}/runtime/webhooks/blobs?functionName=Host.Functions.on_blob_uploaded&code=${webhookKey}'
        maxEventsPerBatch: 1
        minimumTlsVersionAllowed: '1.2'
      }
    }
    eventDeliverySchema: 'EventGridSchema'
    // The same rule as shared/platform/blob_names.py, wants_event: neither the host's containers nor what
    // the pipeline writes itself, except openface.csv. Event Grid compares regardless of case.
    filter: {
      includedEventTypes: ['Microsoft.Storage.BlobCreated']
      advancedFilters: [
        {
          operatorType: 'StringNotBeginsWith'
          key: 'Subject'
          values: [
            '${containers}$'
            '${containers}azure-webjobs-'
            '${containers}azure-functions-'
            '${containers}insights-'
          ]
        }
        {
          operatorType: 'StringNotEndsWith'
          key: 'Subject'
          values: [
            '/blobs/signals.csv'
            '/blobs/sound.bin'
            '/blobs/extraction.json'
            '/blobs/report.json'
            '/blobs/thumbnail.jpg'
          ]
        }
        {
          operatorType: 'StringNotContains'
          key: 'Subject'
          values: ['/blobs/segments/', '/blobs/normalised/', '/blobs/stills/']
        }
      ]
    }
    retryPolicy: { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 }
    deadLetterWithResourceIdentity: {
      identity: { type: 'SystemAssigned' }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: {
          resourceId: deadLetterStorageResourceId
          blobContainerName: deadLetterContainerName
        }
      }
    }
  }
}
