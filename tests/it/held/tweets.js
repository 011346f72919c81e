window.YTD.tweets.part0 = [
  {
    "tweet" : {
      "retweeted" : false, "id_str" : "1884158000000000001", "created_at" : "Tue Jan 28 08:31:00 +0000 2025", "lang" : "en", "favorite_count" : "3",
      "full_text" : "Pilots are back at the river mouth &amp; eleven ships were waiting. The queue may be gone within a week. https://t.co/abc #port",
      "entities" : { "hashtags" : [ { "text" : "port", "indices" : [ "120", "125" ] } ], "urls" : [ { "url" : "https://t.co/abc", "expanded_url" : "https://gazette.example/pilots", "indices" : [ "95", "111" ] } ], "user_mentions" : [ ] }
    }
  }
]
