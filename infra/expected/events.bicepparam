// The second step for the same sample. Every id is made up.
using '../events.bicep'

param topicName = 'evgt-plgate-sample'
param functionAppName = 'func-plgate-sample'
param dataAccountName = 'plgatedatasample'
param deadLetterContainerName = 'deadletters'
