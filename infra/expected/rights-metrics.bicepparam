// The rights where metrics are read, and where removing is chosen but the mode does not take access away. Every id is made up.
using '../rights.bicep'

param environmentName = 'sample'
param location = 'westeurope'
param principalId = '55555555-5555-5555-5555-555555555555'
param dataAccountName = 'plgatedatajzlrn4ms6kzl4'
param recordGroupName = 'rg-sample-record'
param serviceResourceGroups = '/subscriptions/aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa/resourceGroups/RG-Services, /subscriptions/bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb/resourceGroups/rg-more, /subscriptions/AAAAAAAA-AAAA-AAAA-AAAA-AAAAAAAAAAAA/resourcegroups/rg-services'
param mode = 'approve-only'
param revokeBy = 'remove'
param natPortMetrics = 'on'
