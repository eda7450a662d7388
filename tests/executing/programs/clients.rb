# Requests the account from Copper with Ruby's client, and prints its answer.
require 'json'
require 'net/http'

url = URI('https://api.copper.com/developer_api/v1/account')
headers = { 'X-PW-AccessToken' => 't', 'X-PW-Application' => 'developer_api', 'X-PW-UserEmail' => 'ada@example.com' }
puts JSON.generate('net/http' => JSON.parse(Net::HTTP.get(url, headers))['name'])
