// Every parameter once: consumers in subscriptions and regions of their own, and the LinkID told to the backend. The ids
// are made up; copy this file and put in yours.
using '../main.bicep'

param labName = 'apart'
param location = 'northeurope'
param consumers = [
  {
    name: 'finance'
    subscriptionId: 'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa'
  }
  {
    name: 'logistics'
    subscriptionId: 'BBBBBBBB-BBBB-BBBB-BBBB-BBBBBBBBBBBB'
    location: 'westeurope'
    requestMessage: 'CHG0042 logistics prints pay slips'
  }
]

// A third subscription may ask, too: that of a consumer in another tenant, who deploys consumer.bicep.
param visibility = [
  'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa'
  'bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb'
  'cccccccc-cccc-cccc-cccc-cccccccccccc'
]
param proxyProtocol = true
param dnsZoneName = 'payroll.example'
param machineSize = 'Standard_B2als_v2'
param adminUsername = 'somebody'
param adminSshPublicKey = 'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQDsample0000000000000000000000000000000000000000000000000000 lab'
