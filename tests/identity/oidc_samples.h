/* Keys and tokens made for test_oidc_token.c: by openssl, of keys that are gone. Signed at OIDC_NOW. */
#ifndef HANSA_TESTS_OIDC_SAMPLES_H
#define HANSA_TESTS_OIDC_SAMPLES_H

#define OIDC_NOW 1790000000
#define OIDC_NONCE "NNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNN"
#define OIDC_KEYS                                                                                                      \
    "{\"keys\":[{\"kid\":\"rsa\",\"use\":\"sig\",\"kty\":\"RSA\",\"n\":\"28RmQsMg4KUUQJ-"                              \
    "OWbZogUvvXi5wrUp6muHwx96GLXOZ4ClDV"                                                                               \
    "xLH-lemNLcKpB0lW-dtRxDBfEZqbwHtCro90dn85st7wILQjZqdlVjl9iI-QcPwrrrgmaQSR40n0NQO39t8gV6EebGT8cRKJKOLs"             \
    "wu2wI9VljfaPqz3a0Xi-XnZSscoXbw2jTKRGKNh80TcqtoT2wMPPZMDH1kuRUHpB3OKGtpCY_C_Os6cy9cd_tHgIQjpUfXb_PfHa"             \
    "fQbjiVb46Is7RX1kFWihEFZDwOmuATTBKDVMmZCNLni4Jz8si0K9LQPNBtkKkJqjzB7dTn-oNnRQi-sMnauZpsMxgedHw\",\"e\":\""         \
    "AQAB\"},{\"kid\":\"rsa2\",\"use\":\"sig\",\"kty\":\"RSA\",\"n\":\"rVHEGvmN_t8gl1_"                                \
    "PV9x3ggpjjAuVbCIyuzo4Xe0oWGg9XhlDOs"                                                                              \
    "DbTusBBAJ4umnvSPvfCics05fXw-H4T3OyFCk1b-qmpsgDEBMwrNR8Ni6TO5Z9623cw-mkk2mSUsbp_VfZSY6QQlRXtpXHILvbr9"             \
    "-Zdf1PPGBCMBf9FMYJwi0t1xXxsND-kUQnMDBBgjywVeiElVRtJiAEkkYGdDfLromHdFeet9PHtX1hpVSJNcnym1cwo_7MxXicdW"             \
    "d9UHygDrnZGcRmkezT7WYJchaqhLOjfVh6_KDhtGCcEhZN5EhGNNiLwYlfOCZwbi2Ps0tdFqH-9DnpJTUM62qv4nY05Q\",\"e\":\"A"         \
    "QAB\"},{\"kid\":\"ec\",\"use\":\"sig\",\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"OOJsUGRu29OvnDj2IGNDMF0v96_"      \
    "7JZrJNB5V8crI"                                                                                                    \
    "WM8\",\"y\":\"g5FfmL5lVOJ7ixG6_qX0O_JUdix0epS56yCL5Dh4B58\"},{\"kid\":\"small\",\"use\":\"sig\",\"kty\":\"RSA\"," \
    "\"n\":\""                                                                                                         \
    "18vHq8ny4SYBPEzz24C4-HKfF2b377KLFEpk3nSLlq7jUwmSG0qnRoAwW1RC68EAsz5ZZ2tCXzlA9kkxfc2JXU6qK6EL_IIpvRNa"             \
    "6KZ9SaOTns4gDrOZCYXVjprie2xP8Uki59C6uaRjTbpp67AH3jOpYHWlUDZy8OOyxtp_qHM\",\"e\":\"AQAB\"},{\"kty\":\"oct\",\"k"   \
    "id\":\"oct\",\"k\":\"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0\"}]}"
#define OIDC_RS256                                                                                                     \
    "eyJhbGciOiAiUlMyNTYiLCAidHlwIjogIkpXVCIsICJraWQiOiAicnNhIn0.eyJpc3MiOiAiaHR0cHM6Ly9sb2dpbi5leGFtcGxl"             \
    "LmNvbSIsICJzdWIiOiAic3ViamVjdC0xIiwgImF1ZCI6ICJoYW5zYSIsICJleHAiOiAxNzkwMDAwMzAwLCAiaWF0IjogMTc5MDAw"             \
    "MDAwMCwgIm5vbmNlIjogIk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk4iLCAiZW1haWwiOiAiYWRh"             \
    "QGV4YW1wbGUuY29tIiwgImVtYWlsX3ZlcmlmaWVkIjogdHJ1ZSwgIm5hbWUiOiAiQWRhIExvdmVsYWNlIiwgImdyb3VwcyI6IFsi"             \
    "ZGVzayJdfQ.u2rrd7ECKUP2QxWmReJL-sYwrrJF_mTRBiovXDvy-yRMq-J8gKcp97j1tSO0Lq0vL554exXz8c4UcKPaMcFVwWzAj"             \
    "iEMD01GzjHBOq4a9g_GRnZi6_QyT0fIxgtQ_vNJYroPI6Gh_PMXouM2ZrUQznMDS10AGUR7ejzRkwG182aCTZivTdisfcX9aIhFY"             \
    "VV6oAJI--dCPcfsJyApOSkwo6C27vKeJx4S8xXLeEo2zqJPsMZpMbU3BEK55ge0fSmPEIIUZczh_ZfI7ZOSyYgp3LyhbP8GNOy6t"             \
    "flt7bAq7MaadlLdvY9b5mE1FUeVVLNsJTUMCZ8QhNmhwwXYVpWXHA"
#define OIDC_PS256                                                                                                     \
    "eyJhbGciOiAiUFMyNTYiLCAidHlwIjogIkpXVCIsICJraWQiOiAicnNhIn0.eyJpc3MiOiAiaHR0cHM6Ly9sb2dpbi5leGFtcGxl"             \
    "LmNvbSIsICJzdWIiOiAic3ViamVjdC0xIiwgImF1ZCI6ICJoYW5zYSIsICJleHAiOiAxNzkwMDAwMzAwLCAiaWF0IjogMTc5MDAw"             \
    "MDAwMCwgIm5vbmNlIjogIk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk4iLCAiZW1haWwiOiAiYWRh"             \
    "QGV4YW1wbGUuY29tIiwgImVtYWlsX3ZlcmlmaWVkIjogdHJ1ZSwgIm5hbWUiOiAiQWRhIExvdmVsYWNlIiwgImdyb3VwcyI6IFsi"             \
    "ZGVzayJdfQ.lwx9iR_HUFjLIWcg4KAjbgL75l-Lk_N0_paOkz1wVl5wmXdssSDilpu9C3CdOBCWUJRjS6KLWzvQqTdmw8p0sxImn"             \
    "eJciQnHDCWXauD8MgIwpo7MoOGHsnk7soF3cTxMr7fds88KOZ6BTQ7kJA0kAfqh0FUOcWSXSDjUGO2ZahMyAe8FInZ8aUZzj3M1t"             \
    "w1NHzBLFkVjxm7KPBURz7qp3ghdF3mL95i7NA2Z5NQxOivyDOrJm7woNu2SHcAWJtvuquSXc8GYcUIqlchpv8lh_hiL0HyjU5BKX"             \
    "nJq321-vEqc9iyMWPYZ6qIa-VbVsWYepJTGPvaxkJwr0Fj9iRUC_A"
#define OIDC_ES256                                                                                                     \
    "eyJhbGciOiAiRVMyNTYiLCAidHlwIjogIkpXVCIsICJraWQiOiAiZWMifQ.eyJpc3MiOiAiaHR0cHM6Ly9sb2dpbi5leGFtcGxlL"             \
    "mNvbSIsICJzdWIiOiAic3ViamVjdC0xIiwgImF1ZCI6ICJoYW5zYSIsICJleHAiOiAxNzkwMDAwMzAwLCAiaWF0IjogMTc5MDAwM"             \
    "DAwMCwgIm5vbmNlIjogIk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk4iLCAiZW1haWwiOiAiYWRhQ"             \
    "GV4YW1wbGUuY29tIiwgImVtYWlsX3ZlcmlmaWVkIjogdHJ1ZSwgIm5hbWUiOiAiQWRhIExvdmVsYWNlIiwgImdyb3VwcyI6IFsiZ"             \
    "GVzayJdfQ.BxrSdjcTGRCyEtQDH5H-SPgErcB5h4lR-Um9QuiQGgFxbg-WjMjr2pXbwHjmgMnL1N0Wu5xTJ2DPsW4OtPrDKw"
#define OIDC_SMALL                                                                                                     \
    "eyJhbGciOiAiUlMyNTYiLCAidHlwIjogIkpXVCIsICJraWQiOiAic21hbGwifQ.eyJpc3MiOiAiaHR0cHM6Ly9sb2dpbi5leGFtc"             \
    "GxlLmNvbSIsICJzdWIiOiAic3ViamVjdC0xIiwgImF1ZCI6ICJoYW5zYSIsICJleHAiOiAxNzkwMDAwMzAwLCAiaWF0IjogMTc5M"             \
    "DAwMDAwMCwgIm5vbmNlIjogIk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk4iLCAiZW1haWwiOiAiY"             \
    "WRhQGV4YW1wbGUuY29tIiwgImVtYWlsX3ZlcmlmaWVkIjogdHJ1ZSwgIm5hbWUiOiAiQWRhIExvdmVsYWNlIiwgImdyb3VwcyI6I"             \
    "FsiZGVzayJdfQ.Hauubtab23Kvg4wtigJF6mJnfpdHzmR8vxehR4IFVrD0OJqeC-GHH0gxMQ9RE-P3iqpgXrBeAwQsmqBxm9sIGQ"             \
    "l7xJZ6H1SXLKy1cdVhP_Z_1ZDSDoSSXSVTA6qbmv1aXjCEb8Tt-ndEhbvm7y4uctoE7IyG1l-DmS8AaLYqYzE"
#define OIDC_HS256                                                                                                     \
    "eyJhbGciOiAiSFMyNTYiLCAidHlwIjogIkpXVCIsICJraWQiOiAicnNhIn0.eyJpc3MiOiAiaHR0cHM6Ly9sb2dpbi5leGFtcGxl"             \
    "LmNvbSIsICJzdWIiOiAic3ViamVjdC0xIiwgImF1ZCI6ICJoYW5zYSIsICJleHAiOiAxNzkwMDAwMzAwLCAiaWF0IjogMTc5MDAw"             \
    "MDAwMCwgIm5vbmNlIjogIk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk4iLCAiZW1haWwiOiAiYWRh"             \
    "QGV4YW1wbGUuY29tIiwgImVtYWlsX3ZlcmlmaWVkIjogdHJ1ZSwgIm5hbWUiOiAiQWRhIExvdmVsYWNlIiwgImdyb3VwcyI6IFsi"             \
    "ZGVzayJdfQ._6EP_h8ZqM554Zwp4AUwTx8Tta6FBNZg_rK15G6Njvc"
#define OIDC_NONE                                                                                                      \
    "eyJhbGciOiAibm9uZSIsICJ0eXAiOiAiSldUIiwgImtpZCI6ICJyc2EifQ.eyJpc3MiOiAiaHR0cHM6Ly9sb2dpbi5leGFtcGxlL"             \
    "mNvbSIsICJzdWIiOiAic3ViamVjdC0xIiwgImF1ZCI6ICJoYW5zYSIsICJleHAiOiAxNzkwMDAwMzAwLCAiaWF0IjogMTc5MDAwM"             \
    "DAwMCwgIm5vbmNlIjogIk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk4iLCAiZW1haWwiOiAiYWRhQ"             \
    "GV4YW1wbGUuY29tIiwgImVtYWlsX3ZlcmlmaWVkIjogdHJ1ZSwgIm5hbWUiOiAiQWRhIExvdmVsYWNlIiwgImdyb3VwcyI6IFsiZ"             \
    "GVzayJdfQ."
#define OIDC_CRIT                                                                                                      \
    "eyJhbGciOiAiUlMyNTYiLCAidHlwIjogIkpXVCIsICJraWQiOiAicnNhIiwgImNyaXQiOiBbIngiXSwgIngiOiAxfQ.eyJpc3MiO"             \
    "iAiaHR0cHM6Ly9sb2dpbi5leGFtcGxlLmNvbSIsICJzdWIiOiAic3ViamVjdC0xIiwgImF1ZCI6ICJoYW5zYSIsICJleHAiOiAxN"             \
    "zkwMDAwMzAwLCAiaWF0IjogMTc5MDAwMDAwMCwgIm5vbmNlIjogIk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OT"             \
    "k5OTk5OTk4iLCAiZW1haWwiOiAiYWRhQGV4YW1wbGUuY29tIiwgImVtYWlsX3ZlcmlmaWVkIjogdHJ1ZSwgIm5hbWUiOiAiQWRhI"             \
    "ExvdmVsYWNlIiwgImdyb3VwcyI6IFsiZGVzayJdfQ.PkH01MYO-X3sxwECkK29Y2eq2itAW4FigrBVRU-3v2aTbArBN7k2zXQZ6D"             \
    "BQxDY-IOvThIMuBeokh5VdOhSwuKjfCH7M1lQewJ9WfnUAwQ-dTryQtmpgRtL92cchj30Z6ts7Sb31bY6My6S8PqAeuDPSwVf_Cu"             \
    "iBeWoPmlXKGJG8Ug9icmIbgOqERZ-tpb2tRnBUiLYXtl0C1g-tHw7oQ1MQ48qTcfbwKQPTTom9Onfx5FOnbPX9Err1rL0JaIPq-d"             \
    "9qCDdvSCCwCrJ8OFU7xC_nlEQSiZm3IXXhmv_MqQqnW0SRhfwAR-9ikvpcbEnOmdFvE8tV4gmujUtKYH6kjA"
#define OIDC_NO_KID                                                                                                    \
    "eyJhbGciOiAiRVMyNTYiLCAidHlwIjogIkpXVCJ9.eyJpc3MiOiAiaHR0cHM6Ly9sb2dpbi5leGFtcGxlLmNvbSIsICJzdWIiOiA"             \
    "ic3ViamVjdC0xIiwgImF1ZCI6ICJoYW5zYSIsICJleHAiOiAxNzkwMDAwMzAwLCAiaWF0IjogMTc5MDAwMDAwMCwgIm5vbmNlIjo"             \
    "gIk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk4iLCAiZW1haWwiOiAiYWRhQGV4YW1wbGUuY29tIiw"             \
    "gImVtYWlsX3ZlcmlmaWVkIjogdHJ1ZSwgIm5hbWUiOiAiQWRhIExvdmVsYWNlIiwgImdyb3VwcyI6IFsiZGVzayJdfQ.8l2k6LIH"             \
    "1fbrVdfViHSflzHLk10YKpCmyO_UIRxXseExb8R9d3h-KivCLb4sevNWxh6Mrv93X8Tuk9HELZqBUw"
#define OIDC_NO_KID_RSA                                                                                                \
    "eyJhbGciOiAiUlMyNTYiLCAidHlwIjogIkpXVCJ9.eyJpc3MiOiAiaHR0cHM6Ly9sb2dpbi5leGFtcGxlLmNvbSIsICJzdWIiOiA"             \
    "ic3ViamVjdC0xIiwgImF1ZCI6ICJoYW5zYSIsICJleHAiOiAxNzkwMDAwMzAwLCAiaWF0IjogMTc5MDAwMDAwMCwgIm5vbmNlIjo"             \
    "gIk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk4iLCAiZW1haWwiOiAiYWRhQGV4YW1wbGUuY29tIiw"             \
    "gImVtYWlsX3ZlcmlmaWVkIjogdHJ1ZSwgIm5hbWUiOiAiQWRhIExvdmVsYWNlIiwgImdyb3VwcyI6IFsiZGVzayJdfQ.uCZqZvCw"             \
    "qlnQ5ewUjDXJ9ewq6tU2-WKoILVY7Vpelrzqab8vBtJkqN1Frv40X9pqMnwQHQp0lbNSNcTbkKDKbsFxQYexQIJhYMZzDD8P6W3Q"             \
    "Jvs-yHatLnKs9OWtdzqAeoRnlszoyoeIf0B_J7Ya_lUxFltJyWcRPCMgRnXWhbUBIjhLdX1cQVBujg8z9voO_IqRtxbmJj-9UJYh"             \
    "Zqp9mchCFPKoPCtcfi6xbn4PDuAxZY5UzfGnaB338zXIsXhTXwqrtMCoNnoyz-IsKdyIK9BsqLvz84BzO-OFykR6WC86fa_GAtU1"             \
    "R68F_UTZAJcoW1wmXaJQM6oPWgXxGwIHtg"
#define OIDC_OTHER_KEY                                                                                                 \
    "eyJhbGciOiAiUlMyNTYiLCAidHlwIjogIkpXVCIsICJraWQiOiAicnNhIn0.eyJpc3MiOiAiaHR0cHM6Ly9sb2dpbi5leGFtcGxl"             \
    "LmNvbSIsICJzdWIiOiAic3ViamVjdC0xIiwgImF1ZCI6ICJoYW5zYSIsICJleHAiOiAxNzkwMDAwMzAwLCAiaWF0IjogMTc5MDAw"             \
    "MDAwMCwgIm5vbmNlIjogIk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk4iLCAiZW1haWwiOiAiYWRh"             \
    "QGV4YW1wbGUuY29tIiwgImVtYWlsX3ZlcmlmaWVkIjogdHJ1ZSwgIm5hbWUiOiAiQWRhIExvdmVsYWNlIiwgImdyb3VwcyI6IFsi"             \
    "ZGVzayJdfQ.qlDLSfqKbJ8Qbe-pWWIzyrGO_lQXwCwMiGBqsyMwwaZEA-UHz-mxxqlRqhBztauV5VOTgF5-KWJfYPp--QxPs27qX"             \
    "NsuWhfiJ1yoMp6JN8kESel-X3v6bGH2PqGZByyMwBxdz8DCsev27fK85NYhuQhOeABFvaDq4hFITBl1KniwDMaRVFoBUmflEXhla"             \
    "Fd1xNJcQ9dq68BLeK8u05MOk3aWqutyLOBKVQbCzP2UzUa5PSv3qXlS6Pr9880LSnToxFwwMHPXnoqMnodgdPC4JoeNjbRoszL5P"             \
    "nnFIBWFpb6ioKbSUmux37uURMayaPQTdYQmLL5KRZS0DLY-jnGHBg"
#define OIDC_UNKNOWN                                                                                                   \
    "eyJhbGciOiAiUlMyNTYiLCAidHlwIjogIkpXVCIsICJraWQiOiAibm9ib2R5In0.eyJpc3MiOiAiaHR0cHM6Ly9sb2dpbi5leGFt"             \
    "cGxlLmNvbSIsICJzdWIiOiAic3ViamVjdC0xIiwgImF1ZCI6ICJoYW5zYSIsICJleHAiOiAxNzkwMDAwMzAwLCAiaWF0IjogMTc5"             \
    "MDAwMDAwMCwgIm5vbmNlIjogIk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk4iLCAiZW1haWwiOiAi"             \
    "YWRhQGV4YW1wbGUuY29tIiwgImVtYWlsX3ZlcmlmaWVkIjogdHJ1ZSwgIm5hbWUiOiAiQWRhIExvdmVsYWNlIiwgImdyb3VwcyI6"             \
    "IFsiZGVzayJdfQ.K2UzTEZ0JXa9I7WYHajWDW5oBqAma5nUkgJf-14YN_GHDjsLjLy4DoLTgIH_93hiF1M_u8MTZiAVVPZaEbB9X"             \
    "MP7x-HFsR-lyCkYh37CNphslbTXEg1rbVlyXh9AF5_5XYvKo6r6M5R5GoWcG624F6KVR2RcXGO_rI6-haOxMcsHKV1DhSzFF_aPV"             \
    "wsYw3QAd86wlEgCgfW5WmMyTxitrQzkGiOuL1fTyArld9Jx9OnJiYuRjSeAaXr6bOvi8ZlFqCUPk5FcY8xN1FVyl6zA4OaNlEB0c"             \
    "ztOPtxI-QSuYW4fktC_OtLj3aNhbwKDCtnEKXFk_TE1ZMCh7P_xXAaSlA"

#endif
